/// Dims a light.
fn dim(conn: &mut Conn<'_, Lights>, request: Dim<'_>) -> Result<Dimmed, Close> {
    conn.session().dim(request)
}
///The command that the function [`dim`](fn@dim) handles, for `mario::commands!`.
#[allow(non_camel_case_types)]
struct dim {}
const _: () = {
    use ::mario::__private as __mario;
    #[automatically_derived]
    impl __mario::Command for dim {
        type Command = Self;
        const ID: u16 = 0x0701;
        const NAME: &'static str = "dim";
    }
    #[automatically_derived]
    impl __mario::CommandOf<<Conn<'static, Lights> as __mario::AnyConn>::Service>
    for dim {
        const ENTRY: __mario::Entry<
            <Conn<'static, Lights> as __mario::AnyConn>::Service,
        > = __mario::Entry::<
            <Conn<'static, Lights> as __mario::AnyConn>::Service,
        >::new::<
            Self,
        >(
            "Dims a light.",
            __mario::request_description::<Dim<'static>>(),
            __mario::reply_description::<Result<Dimmed, Close>>(),
            |conn, payload| match __mario::request::<Dim<'_>>(payload) {
                __mario::Ok(request) => {
                    let correlation = __mario::correlation::<Dim<'_>>(&request);
                    let reply = dim(conn, request);
                    __mario::reply::<
                        _,
                        Result<Dimmed, Close>,
                    >(conn, correlation, reply, |error| __mario::close(error))
                }
                __mario::Err(error) => __mario::Handled::Malformed(error),
            },
        );
    }
};
