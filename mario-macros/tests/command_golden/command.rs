/// Dims a light.
#[mario::command(0x0701)]
fn dim(conn: &mut Conn<'_, Lights>, request: Dim<'_>) -> Result<Dimmed, Close> {
    conn.session().dim(request)
}
