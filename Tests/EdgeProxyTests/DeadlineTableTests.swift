import NIOCore
import Testing
import WaitingRoom

@testable import EdgeProxy

@Suite struct DeadlineTableTests {
    private final class Owner: DeadlineOwner {
        var calls = 0
        func deadlinePassed() { calls += 1 }
    }

    private func after(_ ms: Int64) -> NIODeadline { .uptimeNanoseconds(UInt64(1_000_000_000 + ms * 1_000_000)) }

    @Test func callsOnceAndNotTooEarly() {
        let table = DeadlineTable(start: after(0))
        let owner = Owner()
        let slot = table.register(owner)
        table.set(slot, after: .seconds(1))
        table.sweep(now: after(999))
        #expect(owner.calls == 0)
        table.sweep(now: after(1200))
        #expect(owner.calls == 1)
        table.sweep(now: after(9000))
        #expect(owner.calls == 1)
    }

    @Test func theLastDeadlineCounts() {
        let table = DeadlineTable(start: after(0))
        let owner = Owner()
        let slot = table.register(owner)
        table.set(slot, after: .seconds(1))
        table.set(slot, after: .seconds(10))
        table.sweep(now: after(5000))
        #expect(owner.calls == 0)
        table.clear(slot)
        table.sweep(now: after(50_000))
        #expect(owner.calls == 0)
    }

    @Test func aSlotIsUsedAgainWithoutTheOldDeadline() {
        let table = DeadlineTable(start: after(0))
        let first = Owner()
        let slot = table.register(first)
        table.set(slot, after: .seconds(1))
        table.unregister(slot)
        let second = Owner()
        #expect(table.register(second) == slot)
        table.sweep(now: after(5000))
        #expect(first.calls == 0 && second.calls == 0)
        #expect(table.count == 1)
    }
}
