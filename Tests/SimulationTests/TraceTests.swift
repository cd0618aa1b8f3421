import Testing
import WaitingRoom

@testable import Simulation

struct TraceTests {
    @Test("However long a simulation runs, its trace has some hundred points and loses nobody")
    func points() throws {
        let result = try Crowd.simulation(CurveShape.steady.curve(visitors: 30_000, over: .minutes(200))).run()
        let points = result.trace.points
        #expect((500...1_024).contains(points.count))
        #expect(points.reduce(0) { $0 + $1.arrived } == 30_000)
        #expect(points.reduce(0) { $0 + $1.admitted } == 30_000)
        let length = Double(points.count) * result.trace.pointLength.seconds
        #expect((length - result.trace.pointLength.seconds...length).contains(result.end.seconds))
    }
}
