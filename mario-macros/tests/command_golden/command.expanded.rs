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
        type Service = <Conn<'static, Lights> as __mario::AnyConn>::Service;
        const ENTRY: __mario::Entry<Self::Service> = __mario::Entry::new(
            0x0701,
            "dim",
            "Dims a light.",
            __mario::Some(<Dim<'static> as __mario::Packet>::DESCRIPTION),
            <Result<Dimmed, Close> as __mario::IntoReply>::REPLY,
            __handle,
        );
    }
    const _: () = __mario::assert_free(0x0701);
    fn __handle(
        conn: &mut __mario::Conn<'_, <dim as __mario::Command>::Service>,
        payload: &[u8],
    ) -> __mario::Handled {
        match __mario::request::<Dim<'_>>(payload) {
            __mario::Ok(request) => {
                let correlation = __mario::Packet::correlation(&request);
                let reply = dim(conn, request);
                __mario::reply::<_, Result<Dimmed, Close>>(conn, correlation, reply)
            }
            __mario::Err(error) => __mario::Handled::Malformed(error),
        }
    }
};
