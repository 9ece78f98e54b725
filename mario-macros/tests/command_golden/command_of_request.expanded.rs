fn say_hello(conn: &mut Conn<'_, Greeter>, request: SayHello<'_>) -> Option<Hello> {
    conn.session().greet(request)
}
///The command that the function [`say_hello`](fn@say_hello) handles, for `mario::commands!`.
#[allow(non_camel_case_types)]
struct say_hello {}
const _: () = {
    use ::mario::__private as __mario;
    #[automatically_derived]
    impl __mario::Command for say_hello {
        type Command = Self;
        const ID: u16 = __mario::command_of::<SayHello<'static>, Option<Hello>>();
        const NAME: &'static str = "say_hello";
    }
    #[automatically_derived]
    impl __mario::CommandOf<<Conn<'static, Greeter> as __mario::AnyConn>::Service>
    for say_hello {
        const ENTRY: __mario::Entry<
            <Conn<'static, Greeter> as __mario::AnyConn>::Service,
        > = __mario::Entry::<
            <Conn<'static, Greeter> as __mario::AnyConn>::Service,
        >::new::<
            Self,
        >(
            "",
            __mario::request_description::<SayHello<'static>>(),
            __mario::reply_description::<Option<Hello>>(),
            |conn, payload| match __mario::request::<SayHello<'_>>(payload) {
                __mario::Ok(request) => {
                    let correlation = __mario::correlation::<SayHello<'_>>(&request);
                    let reply = say_hello(conn, request);
                    __mario::reply::<
                        _,
                        Option<Hello>,
                    >(conn, correlation, reply, |error| __mario::close(error))
                }
                __mario::Err(error) => __mario::Handled::Malformed(error),
            },
        );
    }
};
