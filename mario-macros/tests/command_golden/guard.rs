#[mario::command(ids::UNLOCK, guard = Session::is_owner)]
fn unlock(conn: &mut Conn<'_, Doors>, request: Unlock) -> Unlocked {
    conn.session().unlock(request)
}
