/// The scripts that run in the store; Scripts/Lua holds their text.
enum Script: CaseIterable {
    case configure, override, join, look, view, finish, present, handover, record, admit, move, drain, clean, call, trim
    case lease, restore

    /// What the server is given.
    var source: String {
        let own = String(decoding: bytes, as: UTF8.self)
        switch self {
        case .call, .trim, .lease: return own
        case .join, .present:
            return String(decoding: PackageResources.prelude_lua + PackageResources.passes_lua, as: UTF8.self) + own
        case .configure, .override:
            return String(decoding: PackageResources.prelude_lua + PackageResources.limits_lua, as: UTF8.self) + own
        default: return String(decoding: PackageResources.prelude_lua, as: UTF8.self) + own
        }
    }

    private var bytes: [UInt8] {
        switch self {
        case .configure: PackageResources.configure_lua
        case .override: PackageResources.override_lua
        case .join: PackageResources.join_lua
        case .look: PackageResources.look_lua
        case .view: PackageResources.view_lua
        case .finish: PackageResources.finish_lua
        case .present: PackageResources.present_lua
        case .handover: PackageResources.handover_lua
        case .record: PackageResources.record_lua
        case .admit: PackageResources.admit_lua
        case .move: PackageResources.move_lua
        case .drain: PackageResources.drain_lua
        case .clean: PackageResources.clean_lua
        case .call: PackageResources.call_lua
        case .trim: PackageResources.trim_lua
        case .lease: PackageResources.lease_lua
        case .restore: PackageResources.restore_lua
        }
    }
}

extension Command {
    static func load(_ script: Script) -> Command { Command("SCRIPT", "LOAD", script.source) }
}
