import Foundation
import NIOCore
import NIOPosix
import QueueStore
import RoomConfiguration
import SessionTokens
import Testing
import WaitingRoom

@testable import VisitorAPI

@Suite("The desk of a loop")
struct VisitorDeskTests {
    /// A room that is paused and has one place in line.
    private let room: RoomID
    private let desk: VisitorDesk
    private let loop: any EventLoop

    init() async throws {
        let room = try #require(RoomID("shop"))
        let folder = NSTemporaryDirectory() + "anteroom-desk-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let now = Timestamp(milliseconds: 1_795_233_754_005)
        let keys = try KeyRing(keyFile: folder + "/signing.pem", algorithm: .es256, now: now.milliseconds / 1000)
        let store = MemoryStore(clock: { now })
        try await store.configure([RoomSettings(id: room, maxQueueSize: 1, status: .paused)])
        let services = VisitorServices(
            store: store, signer: TokenSigner(keys: keys), keys: keys, salt: try #require(BindingSalt("salt")),
            monitor: RoomMonitor(), pages: try PageFixtures.renderer(), lifetime: .minutes(5), clock: { now })
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        desk = try await loop.submit {
            VisitorDesk(
                services: services, loop: loop,
                tokens: NIOLoopBound(try LoopTokens(services: services, loop: loop), eventLoop: loop),
                activity: NIOLoopBound(LoopActivity(), eventLoop: loop),
                live: NIOLoopBound(LiveBoard(), eventLoop: loop))
        }.get()
        self.room = room
        self.loop = loop
    }

    private func request(_ format: AnswerFormat, language: Language = .english) -> VisitorRequest {
        let settings = RoomSettings(id: room, maxQueueSize: 1, status: .paused)
        return VisitorRequest(
            rule: RoomRule(settings: settings, target: TargetConfiguration([])), method: "GET", target: "/",
            client: Client(address: "192.0.2.1", userAgent: "test"),
            bindingFacts: BindingFacts(userAgent: Array("test".utf8), address: Array("192.0.2.1".utf8)),
            isSecure: false, requestID: "r", format: format, language: language)
    }

    /// Asks on the loop.
    /// - Returns: the answer, and whether it was there before the call returned.
    private func ask(_ request: VisitorRequest) async throws -> (answer: VisitorAnswer, isAtOnce: Bool) {
        let answered = loop.makePromise(of: VisitorAnswer.self)
        let isAtOnce = try await loop.submit { [desk, loop] in
            let wasAnswered = NIOLoopBoundBox(false, eventLoop: loop)
            desk.answer(request) { answer in
                loop.preconditionInEventLoop()
                wasAnswered.value = true
                answered.succeed(answer)
            }
            return wasAnswered.value
        }.get()
        return (try await answered.futureResult.get(), isAtOnce)
    }

    @Test("What needs no wait is answered before the call returns, and all on the loop")
    func immediacy() async throws {
        let picture = try await ask(request(.short))
        #expect(picture.isAtOnce)
        // A new place has to be signed for, on another thread, which may be done before anybody waits for it.
        let place = try await ask(request(.page))
        guard case .respond(let response) = place.answer else { throw Unexpected(answer: place.answer) }
        #expect(response.kind == .queued && response.cookies.count == 1)
        let full = try await ask(request(.page))
        #expect(full.isAtOnce)
        guard case .respond(let response) = full.answer else { throw Unexpected(answer: full.answer) }
        #expect(response.kind == .full && response.status == 503 && response.cookies.isEmpty)
    }

    @Test("Who waits and comes again is answered at once, in the language of this request, with a nonce of its own")
    func reload() async throws {
        guard case .respond(let first) = try await ask(request(.page)).answer else { return }
        let cookie = try #require(first.cookies.first)
        let token = try #require(cookie.split(separator: ";").first?.split(separator: "=", maxSplits: 1).last)
        var policies: Set<String> = []
        for language in Language.allCases {
            var request = request(.page, language: language)
            request.positionToken = Array(token.utf8)
            let again = try await ask(request)
            #expect(again.isAtOnce)
            guard case .respond(let response) = again.answer else { throw Unexpected(answer: again.answer) }
            #expect(response.kind == .queued && response.cookies.isEmpty)
            #expect(String(decoding: response.body, as: UTF8.self).contains("<html lang=\"\(language.tag)\""))
            policies.insert(response.fields.first { $0.name == "Content-Security-Policy" }?.value ?? "")
        }
        #expect(policies.count == Language.allCases.count)
    }

    private struct Unexpected: Error {
        var answer: VisitorAnswer
    }
}
