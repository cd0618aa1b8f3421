import EdgeProxy
import HostSystem

/// The process that started this one to go on in its place, on SIGUSR2.
struct Predecessor {
    /// `ANTEROOM_HANDOVER=<first>:<count>`: descriptor `first` is the control channel, and `count` sockets follow it.
    static let variable = "ANTEROOM_HANDOVER"

    let channel: ControlChannel
    let sockets: [ListeningSocket]

    /// Nil in a process that somebody else started.
    init?(environment: [String: String]) {
        guard let text = environment[Self.variable] else { return nil }
        let numbers = text.split(separator: ":").compactMap { CInt($0) }
        guard numbers.count == 2, numbers[0] > 2, (0...4096).contains(numbers[1]) else { return nil }
        channel = ControlChannel(owning: numbers[0])
        sockets = (0..<numbers[1]).compactMap { ListeningSocket.adopt(numbers[0] + 1 + $0) }
    }

    /// Asks for the store, and returns when it is free. The predecessor sets the time limit, and ends this process when
    /// it is over.
    func releaseStore() async throws {
        channel.send(.ready)
        do {
            try await channel.expect(.store, within: .seconds(24 * 60 * 60))
        } catch {
            throw Refusal("the process that this one was to succeed gave it no store: \(error)")
        }
    }

    func serving() { channel.send(.serving) }
}
