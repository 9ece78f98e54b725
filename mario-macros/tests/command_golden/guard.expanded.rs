fn unlock(conn: &mut Conn<'_, Doors>, request: Unlock) -> Unlocked {
    conn.session().unlock(request)
}
///The command that the function [`unlock`](fn@unlock) handles, for `mario::commands!`.
#[allow(non_camel_case_types)]
struct unlock {}
const _: () = {
    use ::mario::__private as __mario;
    #[automatically_derived]
    impl __mario::Command for unlock {
        type Command = Self;
        const ID: u16 = ids::UNLOCK;
        const NAME: &'static str = "unlock";
    }
    #[automatically_derived]
    impl __mario::CommandOf<<Conn<'static, Doors> as __mario::AnyConn>::Service>
    for unlock {
        const ENTRY: __mario::Entry<
            <Conn<'static, Doors> as __mario::AnyConn>::Service,
        > = __mario::Entry::<
            <Conn<'static, Doors> as __mario::AnyConn>::Service,
        >::new::<
            Self,
        >(
                "",
                __mario::request_description::<Unlock>(),
                __mario::reply_description::<Unlocked>(),
                |conn, payload| {
                    if Session::is_owner(conn) {
                        match __mario::request::<Unlock>(payload) {
                            __mario::Ok(request) => {
                                let correlation = __mario::correlation::<Unlock>(&request);
                                let reply = unlock(conn, request);
                                __mario::reply::<
                                    _,
                                    Unlocked,
                                >(conn, correlation, reply, |error| __mario::close(error))
                            }
                            __mario::Err(error) => __mario::Handled::Malformed(error),
                        }
                    } else {
                        __mario::Handled::Denied
                    }
                },
            )
            .guarded_by("Session::is_owner");
    }
    const _: () = __mario::assert_free(ids::UNLOCK);
};
