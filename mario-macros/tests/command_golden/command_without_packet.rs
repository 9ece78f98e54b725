#[mario::command(0x0702)]
pub fn off(conn: &mut LightsConn<'_>) {
    conn.session().off();
}
