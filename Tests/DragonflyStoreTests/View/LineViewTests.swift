import QueueStore
import Testing
import WaitingRoom

@testable import DragonflyStore

struct LineViewTests {
    private func view(_ parts: [(priority: Int, block: Int, bits: [UInt8])]) throws(StoreError) -> LineView {
        try LineView(
            .array(
                [.text("e1"), .text("77"), .text("12"), .text("1700000000000"), .text("9"), .text("60000"), .array([])]
                    + parts.flatMap { [.text("\(2 * $0.priority)"), .text("\($0.block)"), .bytes($0.bits)] as [Reply] })
        )
    }

    /// Of those who did not come back after a missed turn.
    private static func lane(_ priority: Int) -> LaneOrder { LaneOrder(priority: priority, isInFront: false) }

    private func point(_ block: Int, _ offset: Int) throws -> JoinPoint {
        try #require(JoinPoint(block: block, offset: offset))
    }

    @Test("Higher priorities stand before, then earlier blocks, then earlier joins")
    func order() throws {
        let view = try view([
            (0, 9, [0b1010_0000]), (0, 10, [0, 0b0000_0001]), (5, 10, [0b0100_0000]), (-3, 9, [0b0001_0000]),
        ])
        #expect(view.rank(of: try point(10, 1), in: Self.lane(5)) == 1)
        #expect(view.rank(of: try point(9, 0), in: Self.lane(0)) == 2)
        #expect(view.rank(of: try point(9, 2), in: Self.lane(0)) == 3)
        #expect(view.rank(of: try point(10, 15), in: Self.lane(0)) == 4)
        #expect(view.rank(of: try point(9, 3), in: Self.lane(-3)) == 5)
        #expect(view.sequence == 77)
        #expect(view.lastJoin == 12)
        #expect(view.blocks == [9, 10])
    }

    @Test("Who has left the line, joined later or has another priority is not found")
    func absent() throws {
        let view = try view([(0, 9, [0b1010_0000])])
        #expect(view.rank(of: try point(9, 1), in: Self.lane(0)) == nil)
        #expect(view.rank(of: try point(9, 800), in: Self.lane(0)) == nil)
        #expect(view.rank(of: try point(10, 0), in: Self.lane(0)) == nil)
        #expect(view.rank(of: try point(9, 0), in: Self.lane(1)) == nil)
    }

    @Test(
        "An answer that is no view is an error",
        arguments: [
            Reply.null, .text("OK"), .array([]), .array([.text("e1"), .text("1"), .text("0"), .text("2"), .text("3")]),
            .array([.text("e1"), .text("1"), .text("0"), .text("2"), .text("3"), .text("x"), .array([])]),
            .array([.text("e1"), .text("1"), .text("0"), .text("2"), .text("3"), .text("4"), .text("0")]),
            .array([.text("e1"), .text("1"), .text("0"), .text("2"), .text("3"), .text("4"), .array([.text("7")])]),
            .array([
                .text("e1"), .text("1"), .text("0"), .text("2"), .text("3"), .text("4"), .array([]), .text("0"),
                .text("-1"), .text(""),
            ]),
        ])
    func damaged(reply: Reply) {
        #expect(throws: StoreError.self) { try LineView(reply) }
    }
}
