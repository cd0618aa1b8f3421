import AnteroomServer
import ArgumentParser
import Simulation
import WaitingRoom

/// What visitors do.
struct VisitorOptions: ParsableArguments {
    enum Distribution: String, CaseIterable, ExpressibleByArgument {
        case fixed, exponential
    }

    @Option(help: "From a visitor's first request to the last, such as 10m. (default: the room's session_timeout)")
    var session: String?

    @Option(help: "Whether all sessions are that long, or on average: fixed or exponential.")
    var sessionLengths = Distribution.fixed

    @Option(help: "The part whose session ends with a completion; the slots of others are free after session_timeout.")
    var complete = "100%"

    @Option(help: "From the admission to the first request.")
    var claimDelay = "1s"

    @Option(help: "The part that leaves the line when their patience is at its end, such as 5%.")
    var abandon = "0%"

    @Option(help: "The part that falls silent then, and is taken out after heartbeat_timeout.")
    var silent = "0%"

    @Option(help: "How long the patience of these lasts, on average.")
    var patience = "10m"

    func behaviour(in settings: RoomSettings) throws -> VisitorBehaviour {
        let length = try session.map { try Milliseconds(option: "--session", $0) } ?? settings.sessionTimeout
        var behaviour = VisitorBehaviour(
            session: sessionLengths == .fixed ? .fixed(length) : .exponential(mean: length))
        behaviour.completing = try part("--complete", complete)
        behaviour.claimDelay =
            claimDelay == "0s" ? Milliseconds(0) : try Milliseconds(option: "--claim-delay", claimDelay)
        behaviour.leaving = try part("--abandon", abandon)
        behaviour.silent = try part("--silent", silent)
        behaviour.patience = try Milliseconds(option: "--patience", patience)
        guard behaviour.leaving + behaviour.silent <= 1 else {
            throw Refusal("--abandon and --silent are more than 100% together; write less")
        }
        return behaviour
    }

    private func part(_ option: String, _ text: String) throws -> Double {
        guard text.hasSuffix("%"), let percent = Double(text.dropLast()), (0...100).contains(percent) else {
            throw Refusal("\(option) \(text) is not a part; write one such as 5%")
        }
        return percent / 100
    }
}
