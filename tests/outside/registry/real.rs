//! The registry, what is in it, and who gives tokens for it.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

use crate::harness::daemon::{free_port, wait_for};
use crate::harness::registry::{INDEX, MANIFEST, digest_of};

/// Who may come in where not everybody may.
pub(crate) const LOGIN: &str = "robot:p4ss-of-a-test";
/// The same for the registry: it takes bcrypt alone, made by `crypt` of perl.
const HTPASSWD: &str = "robot:$2y$05$abcdefghijklmnopqrstuu90yd.w2wXZz4085/.yLU5iiTiyQg/QG\n";

/// What the tests need.
pub(crate) fn needs() -> Result<(), String> {
    for program in ["docker-registry", "skopeo", "openssl"] {
        let mut asked = Command::new(program);
        asked.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        if asked.status().is_err() {
            return Err(format!("no {program} is here"));
        }
    }
    Ok(())
}

/// How one comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Open,
    Password,
    Token,
    Tls,
}

/// What is in every registry of these tests: `acme/api` with 300 tags `1.N.0` of one platform, and `2.0.0` of two.
pub(crate) struct Shop {
    directory: tempfile::TempDir,
    /// The digest of `2.0.0`.
    pub(crate) index: String,
    /// The digest of all others.
    pub(crate) single: String,
}

/// The one shop of this process.
pub(crate) fn shop() -> &'static Shop {
    static SHOP: OnceLock<Shop> = OnceLock::new();
    SHOP.get_or_init(Shop::fill)
}

impl Shop {
    fn fill() -> Shop {
        let directory = tempfile::Builder::new().prefix("rakops-registry-").tempdir().unwrap();
        let layout = directory.path().join("layout");
        let (index, single) = lay_out(&layout);
        let shop = Shop {
            directory,
            index,
            single,
        };
        let real = Real::over(&shop, Door::Open);
        let target = format!("docker://{}/acme/api", real.host());
        let copy = ["--insecure-policy", "copy", "--dest-tls-verify=false"];
        let source = format!("oci:{}", layout.display());
        let multi = [
            &copy[..],
            &["--all", &format!("{source}:multi"), &format!("{target}:2.0.0")],
        ];
        skopeo(&multi.concat());
        let one = [&copy[..], &[&format!("{source}:single"), &format!("{target}:1.0.0")]];
        skopeo(&one.concat());
        let manifest = ask(&real, "GET", ("/v2/acme/api/manifests/1.0.0", b""));
        let body = manifest.split_once("\r\n\r\n").unwrap().1;
        assert_eq!(digest_of(body.as_bytes()), shop.single, "{manifest}");
        // Not in the order of their versions.
        for number in 0..299 {
            let path = format!("/v2/acme/api/manifests/1.{}.0", number * 7 % 299 + 1);
            let answer = ask(&real, "PUT", (&path, body.as_bytes()));
            assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        }
        shop
    }
}

/// Writes an OCI layout with an index of two platforms, `multi`, and one of them, `single`; returns their digests.
fn lay_out(layout: &Path) -> (String, String) {
    let blobs = layout.join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    let keep = |bytes: &[u8]| {
        let digest = digest_of(bytes);
        fs::write(blobs.join(digest.trim_start_matches("sha256:")), bytes).unwrap();
        (digest, bytes.len())
    };
    // An empty archive, packed: skopeo would pack it otherwise, and change the digest of everything.
    let tar = [0; 1024];
    let (layer, layer_size) = keep(&gzip(&tar));
    let image = |architecture: &str, variant: &str| {
        let config = format!(
            r#"{{"created":"2026-02-03T05:05:06.789+01:00","architecture":"{architecture}",{variant}"os":"linux","config":{{}},"rootfs":{{"type":"layers","diff_ids":["{}"]}}}}"#,
            digest_of(&tar)
        );
        let (config, config_size) = keep(config.as_bytes());
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config}","size":{config_size}}},"layers":[{{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"{layer}","size":{layer_size}}}]}}"#
        );
        keep(manifest.as_bytes())
    };
    let (amd, amd_size) = image("amd64", "");
    let (arm, arm_size) = image("arm64", r#""variant":"v8","#);
    let entry = |(digest, size): (&str, usize), platform: &str| {
        format!(r#"{{"mediaType":"{MANIFEST}","digest":"{digest}","size":{size},"platform":{{{platform}}}}}"#)
    };
    let index = format!(
        r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{},{}]}}"#,
        entry((&amd, amd_size), r#""architecture":"amd64","os":"linux""#),
        entry(
            (&arm, arm_size),
            r#""architecture":"arm64","os":"linux","variant":"v8""#
        )
    );
    let (multi, multi_size) = keep(index.as_bytes());
    let named = |media: &str, (digest, size): (&str, usize), name: &str| {
        format!(
            r#"{{"mediaType":"{media}","digest":"{digest}","size":{size},"annotations":{{"org.opencontainers.image.ref.name":"{name}"}}}}"#
        )
    };
    let top = format!(
        r#"{{"schemaVersion":2,"manifests":[{},{}]}}"#,
        named(INDEX, (&multi, multi_size), "multi"),
        named(MANIFEST, (&amd, amd_size), "single")
    );
    fs::write(layout.join("index.json"), top).unwrap();
    fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    (multi, amd)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut child = Command::new("gzip")
        .args(["-n", "-c"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    child.wait_with_output().unwrap().stdout
}

/// Runs skopeo, which has to succeed.
pub(crate) fn skopeo(args: &[&str]) {
    let output = Command::new("skopeo").args(args).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "skopeo {}: {said}", args.join(" "));
}

/// Sends one request with a manifest, or without; returns the whole answer.
fn ask(real: &Real, verb: &str, (path, body): (&str, &[u8])) -> String {
    let mut stream = TcpStream::connect(real.host()).unwrap();
    let head = format!(
        "{verb} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAccept: {MANIFEST}\r\nContent-Type: {MANIFEST}\r\nContent-Length: {}\r\n\r\n",
        real.host(),
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    said
}

/// A registry that runs.
pub(crate) struct Real {
    directory: tempfile::TempDir,
    child: Child,
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Real {
    /// Starts a registry with everything of the shop in it.
    pub(crate) fn start(door: Door) -> Real {
        Real::over(shop(), door)
    }

    fn over(shop: &Shop, door: Door) -> Real {
        let directory = tempfile::Builder::new().prefix("rakops-registry-").tempdir().unwrap();
        let at = directory.path();
        let port = free_port();
        let asked = Arc::default();
        let storage = shop.directory.path().join("storage");
        let mut config = format!(
            "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\nstorage:\n  filesystem: {{rootdirectory: '{}'}}\nhttp:\n  addr: 127.0.0.1:{port}\n",
            storage.display()
        );
        match door {
            Door::Open => {}
            Door::Password => {
                fs::write(at.join("htpasswd"), HTPASSWD).unwrap();
                let file = at.join("htpasswd");
                config.push_str(&format!(
                    "auth:\n  htpasswd: {{realm: shop, path: '{}'}}\n",
                    file.display()
                ));
            }
            Door::Token => {
                certificate(at, "tokens");
                let realm = give_tokens(at, &asked);
                config.push_str(&format!(
                    "auth:\n  token: {{realm: '{realm}', service: shop, issuer: shopkeeper, rootcertbundle: '{}'}}\n",
                    at.join("tokens-ca.pem").display()
                ));
            }
            Door::Tls => {
                certificate(at, "tls");
                config.push_str(&format!(
                    "  tls: {{certificate: '{}', key: '{}'}}\n",
                    at.join("tls.pem").display(),
                    at.join("tls.key").display()
                ));
            }
        }
        fs::write(at.join("config.yml"), config).unwrap();
        let child = Command::new("docker-registry")
            .args(["serve", at.join("config.yml").to_str().unwrap()])
            .env("OTEL_TRACES_EXPORTER", "none")
            .stdout(Stdio::null())
            .stderr(fs::File::create(at.join("log")).unwrap())
            .spawn()
            .unwrap();
        wait_for(port);
        Real {
            directory,
            child,
            port,
            asked,
        }
    }

    /// `127.0.0.1:PORT`, as images name it.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Who vouches for its certificate.
    pub(crate) fn authority(&self) -> PathBuf {
        self.directory.path().join("tls-ca.pem")
    }

    /// What was asked of who gives tokens.
    pub(crate) fn tokens_asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!(
                "{}",
                fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
            );
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes an authority, `NAME-ca.pem`, and `NAME.pem` and `NAME.key`, its certificate for the loopback; returns their directory.
pub(crate) fn certificate(at: &Path, name: &str) -> PathBuf {
    let make = |name: &str, more: &[&str]| {
        let made = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
            ])
            .args([
                "-nodes",
                "-days",
                "2",
                "-keyout",
                &format!("{name}.key"),
                "-out",
                &format!("{name}.pem"),
            ])
            .args(more)
            .current_dir(at)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    };
    let authority = format!("{name}-ca");
    make(&authority, &["-subj", "/CN=authority of a test"]);
    let (pem, key) = (format!("{authority}.pem"), format!("{authority}.key"));
    let names = "subjectAltName=IP:127.0.0.1";
    let by = [
        "-CA",
        &pem,
        "-CAkey",
        &key,
        "-addext",
        "basicConstraints=critical,CA:FALSE",
    ];
    make(
        name,
        &[&by[..], &["-subj", "/CN=registry of a test", "-addext", names]].concat(),
    );
    at.to_owned()
}

/// Gives tokens to whoever has [`LOGIN`], and tokens for nothing to everybody else; returns the address.
///
/// Source: docker's "Token Authentication Implementation".
fn give_tokens(at: &Path, asked: &Arc<Mutex<Vec<String>>>) -> String {
    let der = |name: &str| {
        let pem = fs::read_to_string(at.join(name)).unwrap();
        let lines: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        STANDARD.decode(lines).unwrap()
    };
    let (certificate, key) = (STANDARD.encode(der("tokens.pem")), der("tokens.key"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let realm = format!("http://{}/token", listener.local_addr().unwrap());
    let asked = Arc::clone(asked);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 8192];
            let length = stream.read(&mut request).unwrap_or(0);
            let text = String::from_utf8_lossy(&request[..length]).into_owned();
            let line = text.lines().next().unwrap_or_default().to_owned();
            let login = format!("basic {}", STANDARD.encode(LOGIN)).to_lowercase();
            let said = text.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case("authorization").then(|| value.to_lowercase())
            });
            let (status, body) = match said {
                Some(said) if said != login => ("401 no", r#"{"errors":[{"code":"UNAUTHORIZED"}]}"#.to_owned()),
                said => {
                    let scope = said.and_then(|_| scope_of(&line));
                    let token = sign((&certificate, &key), scope.as_deref());
                    ("200 yes", format!(r#"{{"token":"{token}","expires_in":120}}"#))
                }
            };
            asked.lock().unwrap().push(line);
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
        }
    });
    realm
}

/// `repository:acme/api:pull`, from the first line of a request.
fn scope_of(line: &str) -> Option<String> {
    let query = line.split(' ').nth(1)?.split_once('?')?.1;
    let scope = query.split('&').find_map(|field| field.strip_prefix("scope="))?;
    Some(scope.replace("%3A", ":").replace("%2F", "/").replace("%2C", ","))
}

/// A token with the certificate of who gives it.
fn sign((certificate, key): (&str, &[u8]), scope: Option<&str>) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let access = scope.map(|scope| {
        let parts: Vec<&str> = scope.split(':').collect();
        let actions: Vec<String> = parts[2].split(',').map(|it| format!("\"{it}\"")).collect();
        format!(
            r#"{{"type":"{}","name":"{}","actions":[{}]}}"#,
            parts[0],
            parts[1],
            actions.join(",")
        )
    });
    let header = format!(r#"{{"typ":"JWT","alg":"ES256","x5c":["{certificate}"]}}"#);
    let claims = format!(
        r#"{{"iss":"shopkeeper","sub":"robot","aud":"shop","exp":{},"nbf":{},"iat":{now},"jti":"{now}","access":[{}]}}"#,
        now + 120,
        now - 10,
        access.unwrap_or_default()
    );
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let random = ring::rand::SystemRandom::new();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key, &random).unwrap();
    let signature = key.sign(&random, text.as_bytes()).unwrap();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}
