/// Finds what is in the archive, which takes long.
#[mario::command(0x0401)]
fn find(conn: &mut Conn<'_, Archive>, request: Find<'_>, reply: Reply<Found>) {
    conn.service().search(request.title.to_owned(), reply);
}
