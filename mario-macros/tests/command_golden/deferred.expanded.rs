/// Finds what is in the archive, which takes long.
fn find(conn: &mut Conn<'_, Archive>, request: Find<'_>, reply: Reply<Found>) {
    conn.service().search(request.title.to_owned(), reply);
}
///The command that the function [`find`](fn@find) handles, for `mario::commands!`.
#[allow(non_camel_case_types)]
struct find {}
const _: () = {
    use ::mario::__private as __mario;
    #[automatically_derived]
    impl __mario::Command for find {
        type Command = Self;
        const ID: u16 = 0x0401;
        const NAME: &'static str = "find";
    }
    #[automatically_derived]
    impl __mario::CommandOf<<Conn<'static, Archive> as __mario::AnyConn>::Service>
    for find {
        const ENTRY: __mario::Entry<
            <Conn<'static, Archive> as __mario::AnyConn>::Service,
        > = __mario::Entry::<
            <Conn<'static, Archive> as __mario::AnyConn>::Service,
        >::new::<
            Self,
        >(
            "Finds what is in the archive, which takes long.",
            __mario::request_description::<Find<'static>>(),
            __mario::deferred_description::<Found>(),
            |conn, payload| match __mario::request::<Find<'_>>(payload) {
                __mario::Ok(request) => {
                    let correlation = __mario::correlation::<Find<'_>>(&request);
                    match __mario::deferred::<_, Found>(conn, correlation) {
                        __mario::Ok(later) => {
                            let reply = find(conn, request, later);
                            __mario::reply::<
                                _,
                                (),
                            >(conn, correlation, reply, |error| __mario::close(error))
                        }
                        __mario::Err(error) => error,
                    }
                }
                __mario::Err(error) => __mario::Handled::Malformed(error),
            },
        );
    }
};
