import RoomConfiguration
import Testing
import WaitingRoom

@testable import EdgeProxy

@Suite struct BalancerTests {
    private final class Server: BalancedEndpoint {
        var health: EndpointHealth
        var running: Int
        let seed: UInt64

        init(_ name: String, running: Int = 0) {
            var settings = HealthConfiguration()
            settings.maxFailures = 1
            health = EndpointHealth(settings)
            self.running = running
            seed = Balancer.hash(name.utf8)
        }

        func eject() { _ = health.failed(.connection, at: 0) }
    }

    private let before: Int64 = 50_000
    private let lastResort: Int64 = 150_000
    private let due: Int64 = 10_500_000

    private func servers(_ count: Int) -> ContiguousArray<Server> {
        ContiguousArray((0..<count).map { Server("10.0.0.\($0):80") })
    }

    @Test("The fewest running requests win, whatever the turn")
    func fewest() {
        var balancer = Balancer()
        let servers = servers(3)
        (servers[0].running, servers[1].running, servers[2].running) = (5, 2, 3)
        for _ in 0..<7 {
            #expect(balancer.choose(among: servers, key: nil, mayTry: true, now: before) == .healthy(1))
        }
    }

    @Test("Equals take turns")
    func equals() {
        var balancer = Balancer()
        var counts = [0, 0, 0]
        for _ in 0..<30 {
            if case .healthy(let index) = balancer.choose(among: servers(3), key: nil, mayTry: true, now: before) {
                counts[index] += 1
            }
        }
        #expect(counts == [10, 10, 10])
    }

    @Test("One that is out, or was tried, gets nothing while another is in")
    func out() {
        var balancer = Balancer()
        let servers = servers(3)
        servers[0].eject()
        servers[2].running = 100
        for _ in 0..<5 {
            #expect(balancer.choose(among: servers, tried: 0b010, key: nil, mayTry: true, now: before) == .healthy(2))
            #expect(balancer.choose(among: servers, tried: 0b110, key: nil, mayTry: true, now: before) == .none)
        }
    }

    @Test("A trial is made by a request that could be sent again, when its time has come")
    func trial() {
        var balancer = Balancer()
        let servers = servers(2)
        servers[0].eject()
        #expect(balancer.choose(among: servers, key: nil, mayTry: true, now: lastResort) == .healthy(1))
        #expect(balancer.choose(among: servers, key: nil, mayTry: false, now: due) == .healthy(1))
        #expect(balancer.choose(among: servers, key: nil, mayTry: true, now: due) == .trial(0, isLastResort: false))
    }

    @Test("Where all are out each is tried by one request of any kind, and before that nobody is")
    func breaker() {
        var balancer = Balancer()
        let servers = servers(2)
        for server in servers { server.eject() }
        #expect(balancer.choose(among: servers, key: nil, mayTry: false, now: before) == .none)
        guard case .trial(let index, true) = balancer.choose(among: servers, key: 7, mayTry: false, now: lastResort)
        else {
            Issue.record("no trial")
            return
        }
        servers[index].health.beginTrial(isLastResort: true, at: lastResort)
        #expect(
            balancer.choose(among: servers, key: nil, mayTry: false, now: lastResort)
                == .trial(1 - index, isLastResort: true))
        servers[1 - index].health.beginTrial(isLastResort: true, at: lastResort)
        #expect(balancer.choose(among: servers, key: nil, mayTry: true, now: lastResort + 1_000_000) == .none)
    }

    private func home(of key: UInt64, among servers: ContiguousArray<Server>, now: Int64) -> Int? {
        var balancer = Balancer()
        guard case .healthy(let index) = balancer.choose(among: servers, key: key, mayTry: true, now: now) else {
            return nil
        }
        return index
    }

    @Test("A session stays, its share is fair, and only those of a dead endpoint move")
    func sticky() {
        let servers = servers(4)
        let keys = (0..<4000).map { Balancer.mixed(UInt64($0)) }
        let homes = keys.map { home(of: $0, among: servers, now: before) }
        for server in 0..<4 { #expect((800...1200).contains(homes.count { $0 == server })) }
        servers[3].running = 1000
        #expect(keys.map { home(of: $0, among: servers, now: before) } == homes)
        servers[2].eject()
        let moved = keys.map { home(of: $0, among: servers, now: before) }
        for (before, after) in zip(homes, moved) {
            if before == 2 { #expect(after != 2) } else { #expect(after == before) }
        }
    }

    @Test("A session that sticks elsewhere tries nobody")
    func stickyTrial() {
        let servers = servers(2)
        let keys = (0..<100).map { Balancer.mixed(UInt64($0)) }
        let homes = keys.map { home(of: $0, among: servers, now: before) }
        servers[0].eject()
        for (key, home) in zip(keys, homes) {
            var balancer = Balancer()
            let choice = balancer.choose(among: servers, key: key, mayTry: true, now: due)
            #expect(choice == (home == 0 ? .trial(0, isLastResort: false) : .healthy(1)))
        }
    }

    @Test("The hash is the same at every gate and in every version")
    func stableHash() {
        #expect(Balancer.hash("127.0.0.1:9000".utf8) == 0xcf36_9944_d26b_c63b)
    }
}
