import HostSystem
import QueueStore
import Synchronization

/// The way to the store. It is closed while the store moves to another process: steps that have begun end, later ones
/// wait until it is clear who goes on with it.
final class StoreGate: Sendable {
    private enum Passage {
        /// Can become: held.
        case open
        /// Can become: open, elsewhere.
        case held
        /// Another process has the store.
        case elsewhere
    }

    private struct State {
        var passage = Passage.open
        /// To the process that has the store.
        var successor: ControlChannel?
        /// Steps that have begun.
        var running = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
        var quiet: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// Lets one step in; `leave` ends it.
    /// - Throws: `elsewhere` if another process has the store.
    func enter() async throws(StoreError) {
        while true {
            let passage = state.withLock { state in
                if case .open = state.passage { state.running += 1 }
                return state.passage
            }
            switch passage {
            case .open: return
            case .elsewhere: throw StoreError(.elsewhere, "another process has taken the store over")
            case .held:
                await withCheckedContinuation { continuation in
                    let isHeld = state.withLock { state in
                        guard case .held = state.passage else { return false }
                        state.waiting.append(continuation)
                        return true
                    }
                    if !isHeld { continuation.resume() }
                }
            }
        }
    }

    func leave() {
        let quiet = state.withLock { state in
            state.running -= 1
            guard state.running == 0 else { return [CheckedContinuation<Void, Never>]() }
            defer { state.quiet = [] }
            return state.quiet
        }
        for continuation in quiet { continuation.resume() }
    }

    /// Lets nobody in any more, and returns when everybody is out.
    func hold() async {
        await withCheckedContinuation { continuation in
            let isQuiet = state.withLock { state in
                state.passage = .held
                if state.running > 0 { state.quiet.append(continuation) }
                return state.running == 0
            }
            if isQuiet { continuation.resume() }
        }
    }

    /// The store is here as before.
    func open() { settle(.open) }

    /// - Parameter successor: the process that has the store from now on.
    func moveAway(to successor: ControlChannel) {
        state.withLock { $0.successor = successor }
        settle(.elsewhere)
    }

    /// Tells the process that has the store.
    func tell(_ note: DrainNote) { state.withLock { $0.successor }?.send(note.line) }

    private func settle(_ passage: Passage) {
        let waiting = state.withLock { state in
            state.passage = passage
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
