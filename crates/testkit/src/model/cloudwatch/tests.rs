use std::io::Write as _;

use chrono::TimeDelta;
use flate2::Compression;
use flate2::write::GzEncoder;
use hmac_sha256::{HMAC, Hash};
use minicbor::Encoder;

use super::aws::hex;
use super::*;
use crate::ManualClock;
use crate::sample::at;

const KEY: (&str, &str) = ("AKIDEXAMPLE", "wJalrXUtnFEMI");

fn service() -> CloudWatchService {
    CloudWatchService::new(KEY.0, KEY.1).with_clock(ManualClock::new())
}

/// A request that says `body`, signed by `key`, `off` from when the samples are.
fn request(operation: &str, body: Vec<u8>, key: (&str, &str), off: TimeDelta) -> Request<Bytes> {
    request_at(at() + off, operation, body, key)
}

fn request_at(at: DateTime<Utc>, operation: &str, body: Vec<u8>, key: (&str, &str)) -> Request<Bytes> {
    let (body, coding) = if body.len() < COMPRESSED {
        (body, None)
    } else {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&body).expect("written");
        (encoder.finish().expect("packed"), Some("gzip"))
    };
    let date = at.format("%Y%m%dT%H%M%SZ").to_string();
    let (day, path) = (&date[..8], format!("{OPERATIONS}{operation}"));
    let hash = hex(&Hash::hash(&body));
    let canonical = format!("POST\n{path}\n\nhost:a.example\nx-amz-date:{date}\n\nhost;x-amz-date\n{hash}");
    let scope = format!("{day}/eu-west-1/monitoring/aws4_request");
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Hash::hash(canonical.as_bytes())));
    let first = HMAC::mac(day, format!("AWS4{}", key.1));
    let signing = ["eu-west-1", "monitoring", "aws4_request"].iter().fold(first, |key, part| HMAC::mac(part, key));
    let signature = hex(&HMAC::mac(text, signing));
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders=host;x-amz-date, Signature={signature}", key.0);
    let mut request = Request::post(path)
        .header("host", "a.example")
        .header("content-type", "application/cbor")
        .header("smithy-protocol", "rpc-v2-cbor")
        .header("accept", "application/cbor")
        .header("x-amzn-query-mode", "true")
        .header("x-amz-date", date)
        .header("authorization", authorization);
    if let Some(coding) = coding {
        request = request.header("content-encoding", coding);
    }
    request.body(body.into()).expect("a request")
}

#[derive(Clone)]
struct Put {
    name: &'static str,
    dimensions: Vec<(String, String)>,
    at: DateTime<Utc>,
    values: Vec<f64>,
    counts: Vec<f64>,
    unit: &'static str,
    value: Option<f64>,
}

fn put() -> Put {
    let dimensions = vec![("node".to_owned(), "a:1".to_owned())];
    Put {
        name: "load",
        dimensions,
        at: at(),
        values: vec![1.0, 2.5],
        counts: vec![3.0, 1.0],
        unit: "Count",
        value: None,
    }
}

fn encode(namespace: &str, datums: &[Put]) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    let mut write = || {
        encoder.begin_map()?.str("Namespace")?.str(namespace)?;
        encoder.str("MetricData")?.array(datums.len() as u64)?;
        for datum in datums {
            encoder.begin_map()?.str("MetricName")?.str(datum.name)?;
            encoder.str("Dimensions")?.array(datum.dimensions.len() as u64)?;
            for (name, value) in &datum.dimensions {
                encoder.map(2)?.str("Name")?.str(name)?.str("Value")?.str(value)?;
            }
            #[expect(clippy::cast_precision_loss, reason = "seconds")]
            let seconds = datum.at.timestamp() as f64;
            encoder.str("Timestamp")?.tag(minicbor::data::Tag::new(1))?.f64(seconds)?;
            if let Some(value) = datum.value {
                encoder.str("Value")?.f64(value)?;
            }
            for (name, numbers) in [("Values", &datum.values), ("Counts", &datum.counts)] {
                encoder.str(name)?.array(numbers.len() as u64)?;
                for number in numbers {
                    encoder.f64(*number)?;
                }
            }
            encoder.str("Unit")?.str(datum.unit)?.end()?;
        }
        encoder.end()?;
        Ok::<(), minicbor::encode::Error<std::convert::Infallible>>(())
    };
    write().expect("written");
    encoder.into_writer()
}

fn said(service: &CloudWatchService, body: Vec<u8>) -> (u16, String) {
    said_to(service, &request("PutMetricData", body, KEY, TimeDelta::zero()))
}

fn said_to(service: &CloudWatchService, request: &Request<Bytes>) -> (u16, String) {
    let answer = service.answer(request);
    let body = Value::read(answer.body()).expect("CBOR");
    let code = answer.headers().get("x-amzn-query-error").map(|code| code.to_str().expect("a text").to_owned());
    let message = body.get("message").and_then(Value::text).unwrap_or_default();
    (answer.status().as_u16(), format!("{} {message}", code.unwrap_or_default()).trim().to_owned())
}

#[test]
fn what_is_put_is_there_by_series() {
    let service = service();
    let again = Put { at: at() + TimeDelta::minutes(1), ..put() };
    let other = Put { unit: "None", value: Some(7.0), values: vec![], counts: vec![], ..put() };
    // An empty list beside a value is two of them.
    assert_eq!(said(&service, encode("ns", &[put(), again])).0, 200);
    assert_eq!(said(&service, encode("ns", &[other])).0, 400);
    let [series] = &service.series()[..] else { panic!("{:?}", service.series()) };
    assert_eq!((series.sample_count(), series.points.len(), &*series.unit), (8.0, 4, "Count"));
    assert_eq!(series.maximum().into_values().collect::<Vec<_>>(), [2.5, 2.5]);
    let listed = service.answer(&request("ListMetrics", encode("ns", &[]), KEY, TimeDelta::zero()));
    assert_eq!(Value::read(listed.body()).expect("CBOR").get("Metrics").and_then(Value::list).map(<[_]>::len), Some(1));
    assert_eq!(service.complaints(), [""; 0]);
}

#[test]
fn each_limit_is_kept() {
    let many = |count: usize| -> Vec<f64> { (0..count).map(|value| value as f64).collect() };
    let named = |count: usize| (0..count).map(|number| (format!("d{number}"), "v".to_owned())).collect();
    let dimension = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    let valued = |value: f64| Put { values: vec![value], counts: vec![1.0], ..put() };
    let good = [
        vec![put(); 1_000],
        vec![Put { values: many(150), counts: vec![1.0; 150], ..put() }],
        vec![Put { dimensions: named(30), ..put() }],
        vec![Put { dimensions: dimension(&"n".repeat(255), &"v".repeat(1_024)), ..put() }],
        vec![Put { at: at() - TimeDelta::weeks(2), ..put() }, Put { at: at() + TimeDelta::hours(2), ..put() }],
        vec![valued(2_f64.powi(360)), valued(-2_f64.powi(360))],
    ];
    for datums in good {
        assert_eq!(said(&service(), encode("ns", &datums)), (200, String::new()));
    }
    let bad = [
        (vec![put(); 1_001], "must not have a size greater than 1000"),
        (vec![], "MissingParameter"),
        (vec![put(), Put { name: "", ..put() }], "MetricData.member.2.MetricName is required"),
        (vec![Put { name: "é", ..put() }], "MetricData.member.1.MetricName is invalid"),
        (vec![Put { values: many(151), counts: vec![1.0; 151], ..put() }], "member.1.Values must not have a size"),
        (vec![Put { values: vec![1.0, 1.0], ..put() }], "a value more than once"),
        (vec![Put { counts: vec![1.0], ..put() }], "InvalidParameterCombination"),
        (vec![Put { value: Some(1.0), ..put() }], "are mutually exclusive"),
        (vec![Put { dimensions: named(31), ..put() }], "Dimensions must not have a size"),
        (vec![Put { dimensions: dimension(":n", "v"), ..put() }], "Dimensions.member.1.Name is invalid"),
        (vec![Put { dimensions: dimension("n", " "), ..put() }], "Dimensions.member.1.Value is invalid"),
        (vec![Put { dimensions: dimension("n", &"v".repeat(1_025)), ..put() }], "member.1.Value is invalid"),
        (vec![Put { at: at() - TimeDelta::weeks(2) - TimeDelta::seconds(1), ..put() }], "two weeks in the past"),
        (vec![Put { at: at() + TimeDelta::hours(2) + TimeDelta::seconds(1), ..put() }], "two hours in the future"),
        (vec![valued(f64::NAN)], "The value NaN for parameter MetricData.member.1.Values is invalid"),
        (vec![valued(2_f64.powi(361))], "is invalid"),
        (vec![Put { unit: "By", ..put() }], "The value By for parameter MetricData.member.1.Unit is invalid"),
    ];
    for (datums, why) in bad {
        let service = service();
        let (status, words) = said(&service, encode("ns", &datums));
        assert!(status == 400 && words.contains(why), "{status} {words}, where {why} is right");
        assert_eq!(service.series(), [], "{why}");
    }
    assert_eq!(said(&service(), encode("AWS/x", &[put()])).0, 400);
    let wide = Put { dimensions: (0..30).map(|n| (format!("d{n}"), "v".repeat(1_000))).collect(), ..put() };
    assert_eq!(said(&service(), encode("ns", &vec![wide; 40])).0, 413);
}

#[test]
fn a_key_is_verified() {
    let service = service();
    let to = |key, off| said_to(&service, &request("PutMetricData", encode("ns", &[put()]), key, off));
    let hour = TimeDelta::hours(1);
    assert_eq!(to(KEY, TimeDelta::zero()).0, 200);
    assert!(to(("AKIDOTHER", KEY.1), TimeDelta::zero()).1.starts_with("InvalidClientTokenId;Sender"));
    assert!(
        to((KEY.0, "other"), TimeDelta::zero()).1.starts_with("SignatureDoesNotMatch;Sender The request signature")
    );
    assert!(to(KEY, -hour).1.contains("Signature expired"));
    assert!(to(KEY, hour).1.contains("Signature not yet current"));
    service.set_allowed(false);
    assert_eq!(
        to(KEY, TimeDelta::zero()).1,
        "AccessDenied;Sender User: AKIDEXAMPLE is not authorized to perform: cloudwatch:PutMetricData"
    );
}

#[test]
fn another_protocol_is_minded() {
    let service = service();
    let mut query = request("PutMetricData", encode("ns", &[put()]), KEY, TimeDelta::zero());
    query.headers_mut().insert("content-type", "application/x-www-form-urlencoded".parse().expect("a value"));
    assert_eq!(service.answer(&query).status(), 400);
    let mut get = request("PutMetricData", vec![], KEY, TimeDelta::zero());
    *get.method_mut() = Method::GET;
    assert_eq!(service.answer(&get).status(), 400);
    assert_eq!(service.answer(&request("DeleteAlarms", encode("ns", &[]), KEY, TimeDelta::zero())).status(), 400);
    assert_eq!(said(&service, b"\xffnothing".to_vec()).0, 400);
    assert_eq!(service.complaints().len(), 4, "{:?}", service.complaints());
}

#[test]
fn what_is_refused_is_named_by_its_number() {
    let service = service().with_refused("odd");
    let (status, words) = said(&service, encode("ns", &[put(), Put { name: "odd", ..put() }]));
    assert_eq!(
        (status, &*words),
        (400, "InvalidParameterValue;Sender The value \u{fffd} for parameter MetricData.member.2.Value is invalid.")
    );
    let without = service.without_query_errors();
    let answer = without.answer(&request("PutMetricData", encode("", &[]), KEY, TimeDelta::zero()));
    assert!(!answer.headers().contains_key("x-amzn-query-error"));
}

#[test]
fn the_recorded_request_is_read() {
    // A datum with a value of 95 s at 2026-01-01, and one with values and counts.
    let recorded = "a2694e616d6573706163657154696465676174652f436c7573746572736a4d65747269634461746182a56a4d65747269634e616d656e5265706c69636174696f6e4c61676a44696d656e73696f6e7381a2644e616d6567436c75737465726556616c7565696f72646572732d64626954696d657374616d70c1fb41da556e400000006556616c7565fb4057c0000000000064556e6974675365636f6e6473a66a4d65747269634e616d6569517565727954696d656954696d657374616d70c1fb41da556e400000006656616c75657382fb3ff0000000000000fb400400000000000066436f756e747382fb4008000000000000fb3ff000000000000064556e69746c4d696c6c697365636f6e64737153746f726167655265736f6c7574696f6e183c";
    let bytes = (0..recorded.len()).step_by(2).map(|at| u8::from_str_radix(&recorded[at..at + 2], 16).expect("hex"));
    let new_year = DateTime::from_timestamp(1_767_225_600, 0).expect("a time");
    let service = CloudWatchService::new(KEY.0, KEY.1).with_clock(ManualClock::starting_at(new_year));
    let put = request_at(new_year, "PutMetricData", bytes.collect(), KEY);
    assert_eq!(said_to(&service, &put), (200, String::new()));
    let shown: Vec<(String, f64)> =
        service.series().into_iter().map(|series| (series.name.clone(), series.sample_count())).collect();
    assert_eq!(shown, [("ReplicationLag".to_owned(), 1.0), ("QueryTime".to_owned(), 4.0)]);
}
