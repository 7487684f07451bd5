//! What of a compositor a session gets, one entry per line: which interface, its newest version that was looked at, and why it gives
//! nothing away. Data only. What is not here is not there for programs inside: screens to be copied, keys to be pressed for
//! others, other programs' windows and clipboards, layers above them, locks, outputs to be set, and whatever is unknown.

/// Interface, version, reason.
pub(super) type Line = (&'static str, u32, &'static str);

const OWN: &str = "draws and arranges surfaces of the program's own";
const MEMORY: &str = "hands over memory with the program's own pictures";
const INPUT: &str = "is told of keys and pointers while a surface of the program's own has them";
const TEXT: &str = "is told of text that is entered into a surface of the program's own";
const TOLD: &str = "tells what screens there are, not what is on them";
const SHARED: &str =
    "what a person copies or drags, while a surface of the program's own has the keyboard or is dropped on";
const WINDOW: &str = "windows of the program's own, and what they are called and look like";
const TIMING: &str = "when pictures of the program's own are shown";

/// All that is announced to programs, and all that they can bind.
#[rustfmt::skip]
pub(super) const OFFERED: &[Line] = &[
    // The core of the protocol.
    ("wl_compositor", 6, OWN),
    ("wl_subcompositor", 1, OWN),
    ("wl_shm", 2, MEMORY),
    ("wl_seat", 10, INPUT),
    ("wl_output", 4, TOLD),
    ("wl_data_device_manager", 3, SHARED),
    // Windows.
    ("xdg_wm_base", 6, WINDOW),
    ("zxdg_decoration_manager_v1", 1, WINDOW),
    ("org_kde_kwin_server_decoration_manager", 1, WINDOW),
    ("xdg_wm_dialog_v1", 1, WINDOW),
    ("xdg_toplevel_icon_manager_v1", 1, WINDOW),
    ("xdg_toplevel_drag_manager_v1", 1, "drags a window of the program's own"),
    ("xdg_activation_v1", 1, "asks for attention; the compositor decides who gets the focus"),
    ("xdg_system_bell_v1", 1, "rings"),
    // Pictures.
    ("wp_viewporter", 1, OWN),
    ("wp_fractional_scale_manager_v1", 1, OWN),
    ("wp_single_pixel_buffer_manager_v1", 1, OWN),
    ("wp_alpha_modifier_v1", 1, OWN),
    ("wp_content_type_manager_v1", 1, OWN),
    ("wp_color_manager_v1", 1, OWN),
    ("zwp_linux_dmabuf_v1", 5, MEMORY),
    ("zwp_linux_explicit_synchronization_v1", 2, MEMORY),
    ("wp_linux_drm_syncobj_manager_v1", 1, MEMORY),
    ("wp_presentation", 2, TIMING),
    ("wp_tearing_control_manager_v1", 1, TIMING),
    ("wp_fifo_manager_v1", 1, TIMING),
    ("wp_commit_timing_manager_v1", 1, TIMING),
    ("zxdg_output_manager_v1", 3, TOLD),
    // Input.
    ("zwp_relative_pointer_manager_v1", 1, INPUT),
    ("zwp_pointer_constraints_v1", 1, "keeps the pointer within a surface of the program's own, while that has it"),
    ("zwp_pointer_gestures_v1", 3, INPUT),
    ("zwp_tablet_manager_v2", 1, INPUT),
    ("zwp_input_timestamps_manager_v1", 1, INPUT),
    ("wp_cursor_shape_manager_v1", 1, "how the pointer looks above a surface of the program's own"),
    ("zwp_text_input_manager_v1", 1, TEXT),
    ("zwp_text_input_manager_v3", 1, TEXT),
    ("zwp_primary_selection_device_manager_v1", 1, SHARED),
];

/// The line about an interface.
pub(super) fn offered(interface: &[u8]) -> Option<&'static Line> {
    OFFERED.iter().find(|(name, ..)| name.as_bytes() == interface)
}
