//! How long a service of many commands compiles, beside the same functions without the attribute.

use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs};

use anyhow::{Context, Result, bail};
use comfy_table::{Table, presets};

#[derive(clap::Args)]
pub struct Arguments {
    /// How many commands, each with a request and a reply of its own.
    #[arg(long, default_value_t = 1_000)]
    commands: usize,

    /// How often each is compiled; the table has the medians.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

/// What is compiled. The packets and the functions are the same in all.
#[derive(Clone, Copy)]
enum Service {
    /// Only these: nobody calls the functions.
    Bare,
    /// The functions are called from a `match`, which decodes and replies.
    Match,
    /// The functions are commands.
    Commands,
}

/// What is asked of cargo, and its name in the table.
const MODES: [(&str, &[&str]); 3] = [
    ("cargo check", &["check"]),
    ("cargo build", &["build"]),
    ("cargo build --release", &["build", "--release"]),
];

impl Service {
    const ALL: [Service; 3] = [Service::Bare, Service::Match, Service::Commands];

    fn name(self) -> &'static str {
        match self {
            Service::Bare => "bare",
            Service::Match => "match",
            Service::Commands => "commands",
        }
    }

    fn source(self, commands: usize) -> std::result::Result<String, fmt::Error> {
        let mut source = String::from(HEAD);
        for number in 0..commands {
            write!(source, "{}", FUNCTION.replace("{number}", &number.to_string()))?;
            if let Service::Commands = self {
                writeln!(source, "#[mario::command({number})]")?;
            }
            write!(source, "{}", HANDLER.replace("{number}", &number.to_string()))?;
        }
        let each = |line: &str| -> String {
            (0..commands).map(|number| line.replace("{number}", &number.to_string())).collect()
        };
        match self {
            Service::Bare => source.push_str("fn main() {}\n"),
            Service::Match => write!(source, "{}{}{}", MATCH[0], each(MATCH[1]), MATCH[2])?,
            Service::Commands => {
                write!(
                    source,
                    "fn main() {{\n    let table = mario::commands![{}];\n",
                    each("handle{number}, ")
                )?;
                source.push_str("    println!(\"{table:?}\");\n}\n");
            }
        }
        Ok(source)
    }
}

const HEAD: &str = "\
use mario::{Conn, Packet, Service};

pub struct Gateway;

impl Service for Gateway {
    type Session = u64;
    type Worker = ();
}
";

const FUNCTION: &str = "
#[derive(Packet)]
pub struct Request{number}<'a> {
    id: u32,
    flags: u16,
    name: &'a str,
    urgent: bool,
}

#[derive(Packet)]
pub struct Reply{number} {
    id: u32,
    count: u64,
}

";

const HANDLER: &str = "\
pub fn handle{number}(conn: &mut Conn<'_, Gateway>, request: Request{number}<'_>) -> Reply{number} {
    let session = conn.session();
    *session += u64::from(request.flags);
    if request.urgent {
        *session += 1;
    }
    Reply{number} { id: request.id, count: *session + request.name.len() as u64 }
}
";

const MATCH: [&str; 3] = [
    "
fn serve(conn: &mut Conn<'_, Gateway>, command: u16, payload: &[u8]) -> bool {
    match command {
",
    "        {number} => match mario::proto::decode_packet(payload) {
            Ok(request) => {
                let reply = handle{number}(conn, request);
                conn.reply(&reply).is_ok()
            }
            Err(_) => false,
        },
",
    "        _ => false,
    }
}

fn main() {
    std::hint::black_box(serve as fn(&mut Conn<'_, Gateway>, u16, &[u8]) -> bool);
}
",
];

/// The table of the times.
pub fn run(arguments: &Arguments) -> Result<Table> {
    let folder = env::temp_dir().join(format!("mario-compiling-{}", std::process::id()));
    let times = measure(arguments, &folder);
    fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))?;
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    let title = format!("{} commands", arguments.commands);
    table.set_header([&title, "bare", "in a `match`", "as commands", "to bare", "to `match`"]);
    for (mode, times) in times? {
        let [bare, by_match, commands] = times.map(median);
        let mut row = vec![format!("`{mode}`")];
        row.extend([bare, by_match, commands].map(|time| format!("{:.2} s", time.as_secs_f64())));
        row.extend(
            [bare, by_match].map(|other| format!("{:.2}", commands.as_secs_f64() / other.as_secs_f64())),
        );
        table.add_row(row);
    }
    Ok(table)
}

/// The times of each mode and service.
type Times = Vec<(&'static str, [Vec<Duration>; 3])>;

fn measure(arguments: &Arguments, folder: &Path) -> Result<Times> {
    let mut projects = Vec::new();
    for service in Service::ALL {
        projects.push(project(folder, service, arguments.commands)?);
    }
    let mut all = Vec::new();
    for (mode, options) in MODES {
        let mut times = [const { Vec::new() }; 3];
        // The first round is not counted: it compiles the library too.
        for round in 0..=arguments.rounds {
            for (project, times) in projects.iter().zip(&mut times) {
                let time = cargo(project, folder, options)?;
                if round > 0 {
                    times.push(time);
                }
            }
        }
        all.push((mode, times));
    }
    Ok(all)
}

/// Writes a crate of its own.
fn project(folder: &Path, service: Service, commands: usize) -> Result<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let project = folder.join(service.name());
    fs::create_dir_all(project.join("src"))?;
    let manifest = format!(
        "[package]\nname = \"{}\"\nedition = \"2024\"\n\n[dependencies]\nmario-core = {{ path = {:?} }}\n\n[workspace]\n",
        service.name(),
        workspace.join("mario-core").canonicalize()?,
    );
    fs::write(project.join("Cargo.toml"), manifest)?;
    fs::copy(workspace.join("Cargo.lock"), project.join("Cargo.lock"))?;
    fs::write(project.join("src/main.rs"), service.source(commands)?)?;
    Ok(project)
}

/// Compiles the crate itself once more, and tells how long that took.
fn cargo(project: &Path, folder: &Path, options: &[&str]) -> Result<Duration> {
    fs::File::options()
        .append(true)
        .open(project.join("src/main.rs"))?
        .set_modified(std::time::SystemTime::now())?;
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(options).arg("--quiet").current_dir(project).env("CARGO_TARGET_DIR", folder.join("target"));
    let start = Instant::now();
    let output = command.output().context("running cargo")?;
    let time = start.elapsed();
    if !output.status.success() {
        bail!("{} does not compile:\n{}", project.display(), String::from_utf8_lossy(&output.stderr));
    }
    Ok(time)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
