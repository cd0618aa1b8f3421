import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The line between a gate and the process that succeeds it: a socket pair that carries one word a line.
package final class ControlChannel: Sendable {
    /// What they say to each other, in this order.
    package enum Word: String {
        /// The successor has read its configuration, keys and sockets, and needs the store.
        case ready
        /// The predecessor has let go of the store.
        case store
        /// The successor accepts visitors.
        case serving
    }

    private static let longestLine = 1024

    private struct State {
        /// -1 once it is closed.
        var descriptor: CInt
        var received: [UInt8] = []
    }

    private let state: Mutex<State>

    package init(owning descriptor: CInt) {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        state = Mutex(State(descriptor: descriptor))
    }

    deinit { close() }

    /// Both ends of a new line: one's own, and a descriptor for the other process.
    package static func pair() throws -> (own: ControlChannel, other: CInt) {
        var ends: [CInt] = [-1, -1]
        guard socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw SystemError("socketpair")
        }
        return (ControlChannel(owning: ends[0]), ends[1])
    }

    /// Nothing, if the other process has gone: its silence says so, too.
    package func send(_ word: Word) { send(word.rawValue) }

    /// The same of any line. One that finds no room, because the other process does not listen, is lost.
    package func send(_ text: String) {
        let line = Array("\(text)\n".utf8)
        state.withLock { state in _ = Glibc.send(state.descriptor, line, line.count, noSignal) }
    }

    /// Waits for a word.
    /// - Throws: `HandoverError` if another comes, none within `limit`, or the other process has gone.
    package func expect(_ word: Word, within limit: Duration) async throws {
        let end = ContinuousClock.now + limit
        while true {
            switch receive() {
            case .line(word.rawValue): return
            case .line(let other): throw HandoverError("it said \"\(other)\" instead of \"\(word.rawValue)\"")
            case .closed: throw HandoverError("it ended")
            case .nothing: break
            }
            guard ContinuousClock.now < end else { throw HandoverError("it did not say \"\(word)\" within \(limit)") }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// The next line; nil when the other process has gone, or the task is cancelled.
    package func line() async -> String? {
        while !Task.isCancelled {
            switch receive() {
            case .line(let text): return text
            case .closed: return nil
            case .nothing: try? await Task.sleep(for: .milliseconds(5))
            }
        }
        return nil
    }

    private enum Reading {
        case line(String)
        case nothing
        case closed
    }

    private func receive() -> Reading {
        state.withLock { state in
            var bytes = [UInt8](repeating: 0, count: 4096)
            if !state.received.contains(0x0a) {
                let count = recv(state.descriptor, &bytes, bytes.count, 0)
                if count == 0 || count < 0 && errno != EAGAIN && errno != EINTR { return .closed }
                if count > 0 { state.received += bytes[..<count] }
            }
            guard let end = state.received.firstIndex(of: 0x0a) else {
                return state.received.count > Self.longestLine ? .closed : .nothing
            }
            defer { state.received.removeSubrange(...end) }
            return .line(String(decoding: state.received[..<end], as: UTF8.self))
        }
    }

    package func close() {
        state.withLock { state in
            if state.descriptor >= 0 { _ = Glibc.close(state.descriptor) }
            state.descriptor = -1
        }
    }
}

/// Why a handover did not come about.
package struct HandoverError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
