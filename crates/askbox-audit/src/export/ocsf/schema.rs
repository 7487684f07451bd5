//! The part of the Open Cybersecurity Schema Framework that is used: names, numbers and captions as version 1.8.0
//! publishes them (<https://schema.ocsf.io/1.8.0/>). Each item names the class or object that it is from. Only data.

use serde::Serialize;

/// The version that `metadata.version` names.
pub(super) const VERSION: &str = "1.8.0";

/// The profiles that add `actor` and `device` (`host`) and `action_id`, `disposition_id` and `policy`
/// (`security_control`) to every class.
pub(super) const PROFILES: [&str; 2] = ["host", "security_control"];

/// What a list calls anything that it has no number for.
pub(super) const OTHER: Coded = Coded(99, "Other");

/// An event class, and the category that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Class {
    pub(super) uid: u32,
    pub(super) name: &'static str,
    pub(super) category_uid: u32,
    pub(super) category_name: &'static str,
}

/// `file_activity`.
pub(super) const FILE_ACTIVITY: Class = Class {
    uid: 1001,
    name: "File System Activity",
    category_uid: 1,
    category_name: "System Activity",
};

/// `process_activity`.
pub(super) const PROCESS_ACTIVITY: Class = Class {
    uid: 1007,
    name: "Process Activity",
    category_uid: 1,
    category_name: "System Activity",
};

/// `entity_management`.
pub(super) const ENTITY_MANAGEMENT: Class = Class {
    uid: 3004,
    name: "Entity Management",
    category_uid: 3,
    category_name: "Identity & Access Management",
};

/// `network_activity`.
pub(super) const NETWORK_ACTIVITY: Class = Class {
    uid: 4001,
    name: "Network Activity",
    category_uid: 4,
    category_name: "Network Activity",
};

/// `application_lifecycle`.
pub(super) const APPLICATION_LIFECYCLE: Class = Class {
    uid: 6002,
    name: "Application Lifecycle",
    category_uid: 6,
    category_name: "Application Activity",
};

/// A number of a list with its caption: `activity_id`, `severity_id`, `status_id`, `action_id`, `disposition_id`, `type_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Coded(pub(super) u32, pub(super) &'static str);

/// `network_activity.activity_id`.
pub(super) const OPEN: Coded = Coded(1, "Open");
/// `network_activity.activity_id`.
pub(super) const CLOSE: Coded = Coded(2, "Close");
/// `network_activity.activity_id`.
pub(super) const REFUSE: Coded = Coded(5, "Refuse");
/// `file_activity.activity_id`.
pub(super) const READ: Coded = Coded(2, "Read");
/// `file_activity.activity_id` and `entity_management.activity_id`.
pub(super) const UPDATE: Coded = Coded(3, "Update");
/// `process_activity.activity_id`.
pub(super) const LAUNCH: Coded = Coded(1, "Launch");
/// `entity_management.activity_id`.
pub(super) const CREATE: Coded = Coded(1, "Create");
/// `entity_management.activity_id`.
pub(super) const DELETE: Coded = Coded(4, "Delete");
/// `entity_management.activity_id`.
pub(super) const ENABLE: Coded = Coded(8, "Enable");
/// `entity_management.activity_id`: a transient change, a change of state of the engine.
pub(super) const ACTIVATE: Coded = Coded(10, "Activate");
/// `application_lifecycle.activity_id`.
pub(super) const START: Coded = Coded(3, "Start");
/// `application_lifecycle.activity_id`.
pub(super) const STOP: Coded = Coded(4, "Stop");

/// `severity_id`.
pub(super) const INFORMATIONAL: Coded = Coded(1, "Informational");
/// `severity_id`.
pub(super) const LOW: Coded = Coded(2, "Low");
/// `severity_id`.
pub(super) const MEDIUM: Coded = Coded(3, "Medium");
/// `severity_id`.
pub(super) const HIGH: Coded = Coded(4, "High");

/// `status_id`, `action_id` and `device.type_id`.
pub(super) const UNKNOWN: Coded = Coded(0, "Unknown");
/// `status_id`.
pub(super) const SUCCESS: Coded = Coded(1, "Success");
/// `status_id`.
pub(super) const FAILURE: Coded = Coded(2, "Failure");

/// `action_id` and `disposition_id` of the profile `security_control`.
pub(super) const ALLOWED: Coded = Coded(1, "Allowed");
/// `action_id`.
pub(super) const DENIED: Coded = Coded(2, "Denied");
/// `disposition_id`: the resource was protected.
pub(super) const BLOCKED: Coded = Coded(2, "Blocked");
/// `disposition_id`: a request was approved.
pub(super) const APPROVED: Coded = Coded(8, "Approved");
/// `disposition_id`: the operation was held up.
pub(super) const DELAYED: Coded = Coded(14, "Delayed");
/// `disposition_id`: a request was rejected.
pub(super) const REJECTED: Coded = Coded(25, "Rejected");

/// `managed_entity.type_id`.
pub(super) const POLICY: Coded = Coded(5, "Policy");

/// `file.type_id`.
pub(super) const FILE_UNKNOWN: u32 = 0;
/// `file.type_id`.
pub(super) const FILE_EXECUTABLE: u32 = 8;

/// `network_connection_info.direction_id`: from outside the network to inside it.
pub(super) const INBOUND: Coded = Coded(1, "Inbound");

/// `network_connection_info.direction_id`: from inside the network to outside it.
pub(super) const OUTBOUND: Coded = Coded(2, "Outbound");

/// `os`, object of `device`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct System {
    pub(super) name: &'static str,
    pub(super) r#type: &'static str,
    pub(super) type_id: u32,
}

/// `os` with its `type_id`.
pub(super) const LINUX: System = System {
    name: "Linux",
    r#type: "Linux",
    type_id: 200,
};
