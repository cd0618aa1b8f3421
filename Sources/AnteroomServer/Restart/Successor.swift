import EdgeProxy
import HostSystem

/// A new process of the program on disk, which is to go on where this one ends. It has the listening sockets and one end
/// of a control channel.
struct Successor {
    let process: ChildProcess
    let channel: ControlChannel

    /// Starts one.
    /// - Throws: `SystemError` if the program cannot be run.
    static func start(
        _ program: Program, environment: [String: String], sockets: [ListeningSocket]
    ) throws -> Successor {
        let (channel, other) = try ControlChannel.pair()
        defer { ControlChannel(owning: other).close() }
        var environment = environment
        // Meant for this process alone (sd_listen_fds(3), sd_watchdog_enabled(3)).
        for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_PID"] { environment[name] = nil }
        environment[Predecessor.variable] = "\(ChildProcess.firstDescriptor):\(sockets.count)"
        let process = try ListeningSocket.withDescriptors(of: sockets) { descriptors in
            try ChildProcess.start(program, environment: environment, descriptors: [other] + descriptors)
        }
        return Successor(process: process, channel: channel)
    }
}
