import CGNU

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A process that this one has started.
package struct ChildProcess: Sendable {
    package let id: CInt

    /// The first descriptor that a child finds behind its standard streams.
    package static let firstDescriptor: CInt = 3

    /// Starts one that has the standard streams, the given descriptors from `firstDescriptor` on, and no others; all
    /// signals do in it what they do by default.
    /// - Throws: `SystemError`.
    package static func start(
        _ program: Program, environment: [String: String], descriptors: [CInt]
    ) throws(SystemError) -> ChildProcess {
        // They go to their places from above those places, so that none lies in another's way.
        let above = firstDescriptor + CInt(descriptors.count)
        let sources = descriptors.map { fcntl($0, F_DUPFD_CLOEXEC, above) }
        defer { for source in sources where source >= 0 { _ = close(source) } }
        guard !sources.contains(-1) else { throw SystemError("fcntl") }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (index, source) in sources.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, source, firstDescriptor + CInt(index))
        }
        // A visitor's connection that a child held too would not end when it is closed here.
        _ = posix_spawn_file_actions_addclosefrom_np(&actions, above)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        var process: pid_t = 0
        let result = withCStrings(program.arguments) { arguments in
            withCStrings(environment.map { "\($0)=\($1)" }) { environment in
                posix_spawn(&process, program.path, &actions, &attributes, arguments, environment)
            }
        }
        guard result == 0 else { throw SystemError("posix_spawn \(program.path)", result) }
        return ChildProcess(id: process)
    }

    /// Ends it, if it has not ended, and returns when it is gone.
    package func kill() async {
        _ = Glibc.kill(id, SIGKILL)
        var status: CInt = 0
        while waitpid(id, &status, WNOHANG) == 0 { await Task.yield() }
    }
}

private func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let copies = texts.map { strdup($0) } + [nil]
    defer { for copy in copies { free(copy) } }
    return copies.withUnsafeBufferPointer { buffer in
        // Not empty: the nil at its end is there.
        body(buffer.baseAddress.unsafelyUnwrapped)
    }
}
