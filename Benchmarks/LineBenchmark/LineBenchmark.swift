/// Prints what the line costs: the steps of a room at a thousand and at a million waiting, memory, the store with and
/// without its journal, replay, and how long a snapshot stalls joins. Takes a directory for the journal.
///
/// `memory <waiting> <max_positions_per_address>` prints the bytes of a place in the store, and nothing else.
@main
enum LineBenchmark {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        if arguments.first == "memory", arguments.count == 3, let waiting = Int(arguments[2]),
            let limit = Int(arguments[3])
        {
            return print(try await MemoryFigures.bytesOfAPlace(waiting: waiting, limit: limit))
        }
        let directory = arguments.first ?? "/tmp/anteroom-line-benchmark"
        print("| step | waiting | figure |\n|---|---|---|")
        for waiting in [1_000, 1_000_000] { RoomFigures.measure(waiting: waiting) }
        try await StoreFigures.measure(directory: directory)
    }
}

/// One line of the table.
func report(_ step: String, _ waiting: Int, _ figure: String) { print("| \(step) | \(waiting) | \(figure) |") }

extension Duration {
    var nanoseconds: Double { Double(components.seconds) * 1e9 + Double(components.attoseconds) / 1e9 }

    var milliseconds: String { "\((nanoseconds / 1e4).rounded() / 100) ms" }

    /// Of one of `count` equal parts.
    func each(_ count: Int) -> String { "\(Int(nanoseconds / Double(count))) ns each" }
}

/// What a benchmark needs of random numbers: the same ones in each run.
struct SplitMix: RandomNumberGenerator, Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}
