//! What a server counts, as the recorder of the crate `metrics` is told.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use mario::client::Client;
use mario::metrics::MetricsExport;
use mario::{Conn, Payload, Server, Service};
use metrics::Unit;
use metrics_util::MetricKind;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};

struct Echo;

impl Service for Echo {
    type Session = ();
    type Worker = ();
}

#[mario::command(0x0101)]
fn echo<'a>(_conn: &mut Conn<'_, Echo>, request: Payload<'a>) -> Payload<'a> {
    request
}

/// What was told, by kind, name and labels.
type Told = HashMap<(MetricKind, String), (Option<Unit>, DebugValue)>;

fn publish(export: &mut MetricsExport) -> Told {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || export.publish());
    let told = snapshotter.snapshot().into_vec().into_iter();
    told.map(|(key, unit, help, value)| {
        assert!(help.is_some_and(|help| help.ends_with('.')), "{key:?} is described");
        let (kind, key) = key.into_parts();
        let labels: Vec<_> =
            key.labels().map(|label| format!(",{}={}", label.key(), label.value())).collect();
        ((kind, format!("{}{}", key.name(), labels.concat())), (unit, value))
    })
    .collect()
}

#[test]
fn counters_gauges_and_histograms_are_told_with_their_units() {
    let builder = Server::builder(Echo, mario::commands![echo]).bind("127.0.0.1:0").workers(1).connections(8);
    let server = builder.time_commands().start().unwrap();
    let client = Client::connect(server.local_addr()).unwrap();
    let mut export = MetricsExport::new(server.handle());
    let told =
        |export: &mut MetricsExport, kind, name: &str| publish(export).remove(&(kind, name.to_owned()));
    let one_is_taken = Some((Some(Unit::Count), DebugValue::Gauge(7.0.into())));
    // It is connected before it is accepted.
    let limit = Instant::now() + Duration::from_secs(20);
    while told(&mut export, MetricKind::Gauge, "mario_slots,worker=0,state=free") != one_is_taken {
        assert!(Instant::now() < limit, "the connection gets a slot");
        std::thread::yield_now();
    }

    for calls in [3, 2] {
        for _ in 0..calls {
            client.call_frame::<Payload<'_>>(0x0101, Payload(&[7; 10])).unwrap();
        }
        // A round's requests are published before its replies can be seen; its time, once it is over.
        let mut told = publish(&mut export);
        let mut take = |kind, name: &str| told.remove(&(kind, name.to_owned()));
        let (unit, times) =
            take(MetricKind::Histogram, "mario_command_seconds,command=echo,id=0x0101").unwrap();
        let DebugValue::Histogram(times) = times else { panic!("{times:?}") };
        assert_eq!((unit, times.len()), (Some(Unit::Seconds), calls), "what is new");
        assert!(times.iter().all(|time| time.0 > 0.0 && time.0 < 10.0));
        let all = if calls == 3 { 3 } else { 5 };
        assert_eq!(
            take(MetricKind::Counter, "mario_command_requests_total,command=echo,id=0x0101"),
            Some((Some(Unit::Count), DebugValue::Counter(all)))
        );
        assert_eq!(
            take(MetricKind::Counter, "mario_received_bytes_total,worker=0"),
            Some((Some(Unit::Bytes), DebugValue::Counter(all * 18)))
        );
    }
    server.shutdown().unwrap();
}

#[test]
fn the_same_is_told_as_to_prometheus() {
    let server =
        Server::builder(Echo, mario::commands![echo]).bind("127.0.0.1:0").workers(2).start().unwrap();
    let told = publish(&mut MetricsExport::new(server.handle()));
    let text = server.handle().metrics().to_prometheus();
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let mut count = 0;
    for name in samples.filter_map(|line| line.split_whitespace().next()) {
        if name.contains("_seconds") {
            continue;
        }
        let name = name.replace('{', ",").replace(['"', '}'], "");
        let is_told = |kind| told.contains_key(&(kind, name.clone()));
        assert!(is_told(MetricKind::Counter) || is_told(MetricKind::Gauge), "{name} is not told");
        count += 1;
    }
    let histograms = told.keys().filter(|(kind, _)| *kind == MetricKind::Histogram).count();
    assert_eq!(told.len() - histograms, count);
    server.shutdown().unwrap();
}
