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
        type Command = Self;
        const ID: u16 = 0x0702;
        const NAME: &'static str = "off";
    }
    #[automatically_derived]
    impl __mario::CommandOf<<LightsConn<'static> as __mario::AnyConn>::Service> for off {
        const ENTRY: __mario::Entry<
            <LightsConn<'static> as __mario::AnyConn>::Service,
        > = __mario::Entry::<
            <LightsConn<'static> as __mario::AnyConn>::Service,
        >::new::<
            Self,
        >(
            "",
            __mario::None,
            __mario::None,
            |conn, payload| match __mario::no_request(payload) {
                __mario::Ok(()) => {
                    let correlation = __mario::None;
                    let reply = off(conn);
                    __mario::reply::<
                        _,
                        (),
                    >(conn, correlation, reply, |error| __mario::close(error))
                }
                __mario::Err(error) => __mario::Handled::Malformed(error),
            },
        );
    }
};
