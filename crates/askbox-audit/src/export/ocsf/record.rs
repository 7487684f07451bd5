//! The shape of what is written: an OCSF event with the attributes that Askbox fills, as serde writes it. Only data.

use serde::Serialize;
use serde_json::{Map, Value};

use super::schema::System;

/// An event of any class; what does not apply to a class is not written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Record {
    pub(super) activity_id: u32,
    pub(super) activity_name: String,
    pub(super) category_uid: u32,
    pub(super) category_name: &'static str,
    pub(super) class_uid: u32,
    pub(super) class_name: &'static str,
    pub(super) type_uid: u32,
    pub(super) type_name: String,
    pub(super) time: u64,
    pub(super) severity_id: u32,
    pub(super) severity: &'static str,
    pub(super) status_id: u32,
    pub(super) status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status_detail: Option<String>,
    pub(super) message: String,
    #[serde(flatten)]
    pub(super) control: Option<Control>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) policy: Option<Named>,
    #[serde(flatten)]
    pub(super) subject: Subject,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) actor: Option<Actor>,
    pub(super) device: Device,
    pub(super) metadata: Metadata,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) unmapped: Map<String, Value>,
}

/// The attributes of the profile `security_control` that say what was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Control {
    pub(super) action_id: u32,
    pub(super) action: &'static str,
    pub(super) disposition_id: u32,
    pub(super) disposition: &'static str,
}

/// What a class speaks about, in the attributes of that class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Subject {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dst_endpoint: Option<Endpoint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) connection_info: Option<Connection>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) traffic: Option<Traffic>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<File>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) process: Option<Process>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) entity: Option<Entity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) app: Option<Product>,
}

/// `network_endpoint`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Endpoint {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hostname: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ip: Option<String>,
    /// Only where the target is neither a name nor an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) port: Option<u16>,
}

/// `network_connection_info`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Connection {
    pub(super) direction_id: u32,
    pub(super) direction: &'static str,
    pub(super) protocol_name: &'static str,
    pub(super) protocol_num: u8,
}

/// `network_traffic`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Traffic {
    pub(super) bytes: u64,
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
}

/// `file`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) type_id: u32,
}

/// `process`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Process {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pid: Option<u32>,
    /// A name of the producer's own: only where there is no process id, since one of the two is required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cmd_line: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<File>,
}

/// `managed_entity`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Entity {
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uid: Option<String>,
    pub(super) r#type: &'static str,
    pub(super) type_id: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<Value>,
}

/// `policy`, as far as it has a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Named {
    pub(super) name: String,
}

/// `actor`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Actor {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) process: Option<Process>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session: Option<Session>,
}

/// `session`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Session {
    pub(super) uid: String,
}

/// `device`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Device {
    pub(super) hostname: String,
    pub(super) r#type: &'static str,
    pub(super) type_id: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) os: Option<System>,
}

/// `metadata`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Metadata {
    pub(super) version: &'static str,
    pub(super) profiles: Vec<&'static str>,
    pub(super) product: Product,
    pub(super) log_name: &'static str,
    pub(super) event_code: String,
    pub(super) sequence: u64,
    /// The event's hash: no other event has it.
    pub(super) uid: String,
    /// The session: what happened in one belongs together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) correlation_uid: Option<String>,
}

/// `product`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Product {
    pub(super) name: &'static str,
    pub(super) vendor_name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uid: Option<String>,
}
