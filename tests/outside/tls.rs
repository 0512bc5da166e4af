//! Whoever answers over TLS proves who he is, or is not spoken with: forges, documents and git. Registries of this machine may
//! speak in clear, as docker has it; those with an authority of their own are in `registry.rs`.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::harness::Sandbox;
use crate::harness::cmd::Output;

/// What the tests need.
pub(crate) fn needs() -> Result<(), String> {
    let version = Command::new("openssl").arg("version").output();
    match version {
        Ok(output) if String::from_utf8_lossy(&output.stdout).starts_with("OpenSSL 3") => Ok(()),
        _ => Err("there is no openssl 3, which makes certificates".to_owned()),
    }
}

/// The tests.
pub(crate) const TESTS: &[(&str, fn())] = &[(
    "tls::who_does_not_prove_who_he_is_gets_no_request_and_no_token",
    refused,
)];

const TOKEN: &str = "a-token-of-mine-5f3b9c";

/// A directory with an authority, and certificates that it has signed, or has not.
struct Office(PathBuf);

impl Office {
    fn new(place: PathBuf) -> Office {
        fs::create_dir_all(&place).unwrap();
        let office = Office(place);
        office.run("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=authority");
        office
    }

    #[track_caller]
    fn run(&self, words: &str) {
        let made = Command::new("openssl")
            .args(words.split(' '))
            .current_dir(&self.0)
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{words}: {}",
            String::from_utf8_lossy(&made.stderr)
        );
    }

    /// A certificate for a name, valid from a day to another, signed by the authority.
    fn signed(&self, file: &str, (name, from, to): (&str, &str, &str)) {
        fs::write(self.0.join("names"), format!("subjectAltName={name}\n")).unwrap();
        self.run(&format!(
            "req -newkey rsa:2048 -nodes -keyout {file}.key -out {file}.csr -subj /CN={file}"
        ));
        // `x509` knows days only from today on; `ca` knows dates.
        let new = self.0.join("new");
        fs::create_dir_all(&new).unwrap();
        fs::write(self.0.join("index.txt"), "").unwrap();
        fs::write(self.0.join("serial"), "01\n").unwrap();
        let settings = "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=new\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n";
        fs::write(self.0.join("ca.cnf"), settings).unwrap();
        self.run(&format!(
            "ca -batch -notext -config ca.cnf -cert ca.pem -keyfile ca.key -extfile names -startdate {from} -enddate {to} -in {file}.csr -out {file}.pem"
        ));
    }

    fn self_signed(&self, file: &str) {
        self.run(&format!(
            "req -x509 -newkey rsa:2048 -nodes -keyout {file}.key -out {file}.pem -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
        ));
    }

    /// A server with a certificate; it answers every request with a page, and tells what it hears.
    fn serve(&self, file: &str) -> Served {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let heard = self.0.join(format!("{file}.heard"));
        let process = Command::new("openssl")
            .args(["s_server", "-www", "-accept", &format!("127.0.0.1:{port}"), "-state"])
            .args(["-cert", &format!("{file}.pem"), "-key", &format!("{file}.key")])
            .current_dir(&self.0)
            .stdin(Stdio::null())
            .stdout(fs::File::create(&heard).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        for _ in 0..100 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        Served { process, port }
    }
}

/// Ended when it is dropped.
struct Served {
    process: Child,
    port: u16,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Speaks with a host in every way that there is; the answers, by the way.
fn speak(port: u16, authority: &Path) -> Vec<(&'static str, Output)> {
    let host = format!("127.0.0.1:{port}");
    let (url, document) = (
        format!("https://{host}/acme/manifests.git"),
        format!("https://{host}/build.json"),
    );
    let ways: [(&'static str, &[&str]); 3] = [
        ("forge", &["pr", "list"]),
        ("document", &["bump", "--from-file", &document, "--env", "stg", "-n"]),
        ("git", &["bump", "api=1.5.0", "--env", "stg", "--push"]),
    ];
    let run = |(way, words): (&'static str, &[&str])| {
        let sandbox = Sandbox::new();
        sandbox.shop();
        sandbox.git(["remote", "add", "origin", &url]);
        sandbox.file("rakops.yaml", "forge: {kind: gitea}\n");
        let trusted = authority.to_string_lossy().into_owned();
        let command = sandbox.rakops(words.iter().copied()).online();
        let command = command.env("RAKOPS_GITEA_TOKEN", TOKEN).env("RAKOPS_CA_FILE", &trusted);
        let output = command
            .env("GIT_SSL_CAINFO", trusted)
            .within(Duration::from_secs(50))
            .run();
        assert!(!output.all().contains(TOKEN), "{}", output.all());
        (way, output)
    };
    ways.into_iter().map(run).collect()
}

fn is_about_the_certificate(output: &Output) -> bool {
    let said = output.stderr.to_lowercase();
    said.contains("certificate")
}

fn refused() {
    let sandbox = Sandbox::new();
    let office = Office::new(sandbox.root().join("office"));
    let (now, far) = ("20200101000000Z", "20991231000000Z");
    office.signed("right", ("IP:127.0.0.1", now, far));
    office.signed("other", ("DNS:other.example.com", now, far));
    office.signed("old", ("IP:127.0.0.1", now, "20210101000000Z"));
    office.signed("early", ("IP:127.0.0.1", "20980101000000Z", far));
    office.self_signed("alone");
    let authority = office.0.join("ca.pem");
    // That it is the certificate that is refused below is shown by the one that is not.
    let right = office.serve("right");
    for (way, output) in speak(right.port, &authority) {
        // A document is fetched with the authorities of the system alone.
        let expected = way == "document";
        assert_eq!(is_about_the_certificate(&output), expected, "{way}: {}", output.all());
    }
    for file in ["other", "old", "early", "alone"] {
        let served = office.serve(file);
        for (way, output) in speak(served.port, &authority) {
            assert!(output.code == 6 || output.code == 4, "{file}, {way}: {}", output.all());
            assert!(is_about_the_certificate(&output), "{file}, {way}: {}", output.all());
        }
    }
}
