import Testing

@testable import WaitingRoom

struct PriorityShareTests {
    @Test("Batches of one at a share of one half alternate")
    func alternates() {
        var share = PriorityShare()
        let taken = (0..<6).map { _ in share.prioritised(of: 1, share: 500, prioritised: 1, normal: 1) }
        #expect(taken == [0, 1, 0, 1, 0, 1])
    }

    @Test(
        "Over many batches the share is met, whatever their size",
        arguments: [(1, 300), (3, 500), (7, 250), (10, 1000), (4, 0)])
    func met(size: Int, thousandths: Int) {
        var share = PriorityShare()
        let taken = (0..<1000).map { _ in share.prioritised(of: size, share: thousandths, prioritised: 50, normal: 50) }
        let sum = taken.reduce(0, +)
        #expect(sum <= size * thousandths)
        #expect(sum >= size * thousandths - 1)
    }

    @Test("Whoever waits alone takes the whole batch")
    func alone() {
        var share = PriorityShare()
        #expect(share.prioritised(of: 5, share: 0, prioritised: 9, normal: 0) == 5)
        #expect(share.prioritised(of: 5, share: 1000, prioritised: 0, normal: 9) == 0)
    }

    @Test("What priority 0 cannot use goes to higher priority")
    func rest() {
        var share = PriorityShare()
        #expect(share.prioritised(of: 10, share: 100, prioritised: 20, normal: 2) == 8)
    }
}
