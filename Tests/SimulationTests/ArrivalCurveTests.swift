import Testing
import WaitingRoom

@testable import Simulation

struct ArrivalCurveTests {
    @Test("A shape brings as many as were asked for, in order and within its time", arguments: CurveShape.allCases)
    func shapes(shape: CurveShape) {
        let curve = shape.curve(visitors: 20_000, over: .minutes(10))
        let times = Array(ArrivalTimes(curve, seed: 9))
        #expect(curve.visitors == 20_000)
        #expect(times.count == 20_000)
        #expect(times == times.sorted())
        #expect(times.allSatisfy { (0...600_000).contains($0) })
    }

    @Test("A sale comes at the beginning, a spike in the middle, a wave around it, and a steady crowd evenly")
    func whereTheyCome() {
        func part(_ shape: CurveShape, _ range: ClosedRange<Double>) -> Double {
            let times = Array(ArrivalTimes(shape.curve(visitors: 20_000, over: .seconds(1_000)), seed: 3))
            return Double(times.filter { range.contains(Double($0) / 1_000_000) }.count) / 20_000
        }
        #expect(part(.sale, 0...0.25) > 0.7)
        #expect(part(.sale, 0.75...1) < 0.03)
        #expect(abs(part(.steady, 0.2...0.4) - 0.2) < 0.02)
        #expect(part(.wave, 0.25...0.75) > 0.7)
        #expect(abs(part(.spike, 0.47...0.53) - 0.53) < 0.03)
    }

    @Test("Counts are spread evenly until the next line's, the first at its very moment")
    func even() throws {
        let curve = try ArrivalFile.curve("seconds,arrivals\n0,2\n1.5,1\n2.125,3\n3.125,0\n")
        #expect(Array(ArrivalTimes(curve, seed: 1)) == [0, 750, 1_500, 2_125, 2_458, 2_791])
    }

    @Test("A curve that is stretched to another number keeps its shape")
    func scaled() throws {
        let curve = try ArrivalFile.curve("seconds,arrivals\n0,10\n100,30\n200,0\n").scaled(to: 8_000)
        let times = Array(ArrivalTimes(curve, seed: 1))
        #expect(times.count == 8_000)
        #expect(abs(times.filter { $0 < 100_000 }.count - 2_000) < 150)
    }

    @Test(
        "Rates hold until the next line's, the last for as long as the one before",
        arguments: [
            "time,arrivals_per_minute\n0,60\n120,30\n",
            "time,arrivals_per_minute\n19:30,60\n19:32,30\n",
            "# exported\ntime, arrivals_per_minute\r\n\r\n2026-11-27T19:30:00Z,60\r\n2026-11-27T19:32:00Z,30\r\n",
        ])
    func rates(text: String) throws {
        let curve = try ArrivalFile.curve(text)
        #expect(curve.visitors == 180)
        #expect(curve.length == .minutes(4))
    }

    @Test("A file's mistakes are told with their lines, each once")
    func mistakes() {
        func said(_ text: String) -> [String] {
            do throws(ArrivalFile.Mistakes) {
                _ = try ArrivalFile.curve(text)
                return []
            } catch {
                return error.all.map(\.description)
            }
        }
        #expect(said("") == ["1: there are no arrivals; write a line such as 0,100"])
        #expect(
            said("time,visitors\n0,1")[0].hasPrefix("1: the first line is \"time,visitors\"; write seconds,arrivals"))
        let several = said("seconds,arrivals\n0,5\nsoon,5\n2;5\n3,-1\n4,1.5\n2,1\n5,1")
        #expect(several.count == 4)
        #expect(several[0] == "3: \"soon\" is not a number of seconds; write one such as 90 or 0.125")
        #expect(several[1].hasPrefix("4: \"2;5\" is not two values"))
        #expect(several[2].hasPrefix("5: \"-1\" is not a whole number of arrivals"))
        #expect(several[3].hasPrefix("6: \"1.5\" is not a whole number of arrivals"))
        #expect(
            said("seconds,arrivals\n5,1\n4,1") == [
                "3: \"4\" is not after the line before; put the lines in the order of time"
            ])
        #expect(said("time,arrivals_per_minute\n25:00,1\n0,1\n0,2").count == 2)
        #expect(said("time,arrivals_per_minute\n0,nan\n1,inf").count == 2)
        #expect(said("time,arrivals_per_minute\n0,5")[0].contains("one rate has no end"))
        #expect(said("seconds,arrivals\n0,0")[0].contains("0 arrivals in all"))
        #expect(said("seconds,arrivals\n0,100000000\n1,1")[0].contains("in all"))
        #expect(said("seconds,arrivals\n" + String(repeating: "x,1\n", count: 100)).count == 20)
    }
}
