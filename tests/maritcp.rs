//! The sample of the original, and the time that its clients have, on a clock that the test moves.

#[path = "../examples/maritcp/online.rs"]
mod online;
#[path = "../examples/maritcp/server.rs"]
mod server;

use std::time::Duration;

use mario::Reason;
use mario::testing::TestServer;

const TOKEN: u32 = 0x8eb6_9af7;
const LOGIN: [u8; 10] = [0xf7, 0x9a, 0xb6, 0x8e, 0x0a, 0x00, 0x01, 0x61, 0x0a, 0x00];
const SECOND: Duration = Duration::from_secs(1);

/// Its two stray bytes after the login are no reason to go before its time.
#[test]
fn a_client_with_stray_bytes_is_online_as_long_as_a_silent_one() {
    for timeout in [20 * SECOND, 300 * SECOND] {
        let server = TestServer::new(server::server(1, timeout).stx(TOKEN));
        let [mut stray, mut silent] = [server.connect(), server.connect()];
        stray.send_bytes(&[&LOGIN[..], &[0, 0]].concat());
        silent.send_bytes(&LOGIN);
        server.advance(timeout - SECOND);
        for client in [&mut stray, &mut silent] {
            assert_eq!(client.next_frame().map(|frame| (frame.cmd, frame.payload)), Some((0x6101, &[][..])));
            assert_eq!(client.reason(), None);
        }
        server.advance(timeout / 8 + 2 * SECOND);
        assert_eq!((stray.reason(), silent.reason()), (Some(Reason::Incomplete), Some(Reason::TimedOut)));
    }
}
