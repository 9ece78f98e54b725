pub fn off(conn: &mut LightsConn<'_>) {
    conn.session().off();
}
///The command that the function [`off`](fn@off) handles, for `mario::commands!`.
#[allow(non_camel_case_types)]
pub struct off {}
const _: () = {
    use ::mario::__private as __mario;
    #[automatically_derived]
    impl __mario::Command for off {
        type Service = <LightsConn<'static> as __mario::AnyConn>::Service;
        const ENTRY: __mario::Entry<Self::Service> = __mario::Entry::new(
            0x0702,
            "off",
            "",
            __mario::None,
            __mario::None,
            |conn, payload| match __mario::no_request(payload) {
                __mario::Ok(((), correlation)) => {
                    let reply = off(conn);
                    __mario::reply::<_, ()>(conn, correlation, reply)
                }
                __mario::Err(error) => __mario::Handled::Malformed(error),
            },
        );
    }
    const _: () = __mario::assert_free(0x0702);
};
