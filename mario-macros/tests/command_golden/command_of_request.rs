#[mario::command]
fn say_hello(conn: &mut Conn<'_, Greeter>, request: SayHello<'_>) -> Option<Hello> {
    conn.session().greet(request)
}
