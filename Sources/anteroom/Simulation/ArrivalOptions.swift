import AnteroomServer
import ArgumentParser
import Foundation
import RoomConfiguration
import Simulation
import WaitingRoom

/// Who comes when.
struct ArrivalOptions: ParsableArguments {
    @Option(
        help: "A curve: sale, steady, wave, spike, or a file of seconds,arrivals or time,arrivals_per_minute.",
        completion: .file(extensions: ["csv"]))
    var arrivals = CurveShape.sale.rawValue

    @Option(help: "How many come in all; a file's curve is stretched to as many.")
    var visitors: Int?

    @Option(help: "How long a named curve is, such as 10m.")
    var over = "10m"

    func curve() throws -> ArrivalCurve {
        if let visitors, !(1...ArrivalFile.limit).contains(visitors) {
            throw Refusal("--visitors \(visitors) is out of range; write 1 to \(ArrivalFile.limit)")
        }
        if let shape = CurveShape(rawValue: arrivals) {
            guard let visitors else { throw Refusal("--visitors is missing; write how many come, such as 10000") }
            return shape.curve(visitors: visitors, over: try Milliseconds(option: "--over", over))
        }
        let curve = try read()
        return visitors.map { curve.scaled(to: $0) } ?? curve
    }

    private func read() throws -> ArrivalCurve {
        guard let data = FileManager.default.contents(atPath: arrivals) else {
            let names = CurveShape.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal("\(arrivals) cannot be read, and is none of the curves \(names)")
        }
        do throws(ArrivalFile.Mistakes) {
            return try ArrivalFile.curve(String(decoding: data, as: UTF8.self))
        } catch {
            throw Refusal(error.all.map { "\(arrivals):\($0)" }.joined(separator: "\n"))
        }
    }
}

extension Milliseconds {
    /// Of an option's value.
    init(option name: String, _ text: String) throws {
        guard let span = Milliseconds(durationText: text) else {
            throw Refusal("\(name) \(text) is not a duration; write one such as 90s, 10m or 2h")
        }
        self = span
    }
}
