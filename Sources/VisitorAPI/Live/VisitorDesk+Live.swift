import NIOCore
import QueueStore
import RoomConfiguration
import SessionTokens
package import WaitingRoom

/// Live updates: WebSockets and long polls.
extension VisitorDesk {
    /// Tells this loop's listeners of a room what has changed. Called after each admission step.
    package func refresh(_ room: RoomID) async {
        let listeners = live.value.listeners(of: room)
        let sequence = services.monitor.snapshot(of: room)?.facts.eventSequence ?? 0
        // In slices, so that neither the store nor this loop is held for long.
        for start in stride(from: 0, to: listeners.count, by: 500) {
            let slice = listeners[start..<min(start + 500, listeners.count)]
            let positions = slice.map(\.position)
            guard let places = try? await services.store.places(of: positions, in: room, seeing: sequence) else {
                return
            }
            for (listener, place) in zip(slice, places) {
                if listener.lastPlace != place { listener.tell(place) } else { listener.roomChanged() }
            }
        }
    }

    /// The gate is about to stop: polls are answered as they are, and WebSockets told to come again elsewhere.
    package nonisolated func releaseListeners() { live.value.releaseAll() }

    /// Waits until the place differs from `place`, at most `limit` milliseconds.
    /// - Returns: the place then; nil if nothing changed.
    func nextChange(of place: Place, within limit: Int64) async -> Place? {
        let room = place.position.queueID
        return await withCheckedContinuation { continuation in
            let poll = LongPoll(place, continuation)
            guard live.value.add(poll, to: room) else {
                poll.end(nil)
                return
            }
            poll.timeout = loop.assumeIsolated().scheduleTask(in: .milliseconds(limit)) { poll.end(nil) }
            let bound = live
            poll.onEnd = { poll in bound.value.remove(poll, from: room) }
        }
    }

    func openLive(_ request: VisitorRequest, _ rule: RoomRule) async throws(StoreError) -> VisitorAnswer {
        guard let key = request.webSocketKey else {
            return .respond(
                .problem(
                    426, "Upgrade Required", detail: "This address speaks WebSocket (RFC 6455), version 13.",
                    fields: [
                        ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
                    ]))
        }
        // A browser lets any site open a WebSocket here and sends the cookie along (RFC 6455 §10.2).
        if let origin = request.origin, origin != "http://\(request.host)", origin != "https://\(request.host)",
            !services.api.corsOrigins.trusts(origin)
        {
            return .respond(.problem(403, "Forbidden", detail: "Another site may not follow this line."))
        }
        switch identify(request, rule) {
        case .failure(let response): return .respond(response)
        case .success(let caller):
            let room = rule.settings.id
            if let stop = pace(caller.claims, request, rule, counts: true) { return .respond(stop) }
            guard try await place(of: caller.claims, in: room) != nil else {
                return .respond(Self.unknownPosition)
            }
            return .live(
                LiveTicket(
                    room: room, position: caller.claims.positionID, request: request,
                    token: String(decoding: caller.token, as: UTF8.self),
                    acceptKey: WebSocketHandshake.acceptKey(for: key)))
        }
    }

    /// A live connection that has been agreed on; `start` it once the answer to the handshake is written.
    package nonisolated func liveSession(_ ticket: LiveTicket, over link: any LiveLink) -> LiveSession {
        LiveSession(
            ticket: ticket, desk: self, loop: loop, board: live, activity: activity, link: link)
    }

    /// The JSON that a live connection gets for a place.
    func liveText(_ place: Place, _ ticket: LiveTicket) async -> [UInt8]? {
        guard let rule = ticket.request.rule else { return nil }
        let isThrough = place.position.status == .admitted || place.position.status == .active
        let answer = PositionAnswer(
            place: place, settings: currentSettings(rule), times: times(rule),
            estimate: services.monitor.snapshot(of: ticket.room)?.estimate(rank: place.rank),
            token: ticket.token, redirectURL: isThrough ? rule.entrance : nil,
            sessionToken: isThrough ? await sessionToken(place.position.id, ticket.request, rule) : nil,
            now: services.clock())
        return answer.json.bytes
    }

    /// The JSON of somebody who waits: nothing of it needs a signature.
    nonisolated func waitingText(_ place: Place, _ ticket: LiveTicket) -> [UInt8]? {
        guard let rule = ticket.request.rule else { return nil }
        let snapshot = services.monitor.snapshot(of: ticket.room)
        return PositionAnswer(
            place: place, settings: currentSettings(rule), times: times(rule),
            estimate: snapshot?.estimate(rank: place.rank), token: ticket.token
        ).json.bytes
    }

    nonisolated func roomState(_ ticket: LiveTicket) -> RoomState? {
        services.monitor.snapshot(of: ticket.room).map {
            RoomState(status: $0.facts.settings.status, phase: $0.facts.phase, method: $0.facts.settings.queueingMethod)
        }
    }

    nonisolated func place(of ticket: LiveTicket) async -> Place? {
        (try? await services.store.places(of: [ticket.position], in: ticket.room))?.first ?? nil
    }
}

/// What of a room everybody in its line is told at once.
struct RoomState: Hashable, Sendable {
    var status: RoomStatus
    var phase: RoomPhase
    var method: QueueingMethod
}

/// A `status` call that waits for a change.
private final class LongPoll: LiveListener {
    let position: PositionID
    let lastPlace: Place?
    var timeout: Scheduled<Void>?
    var onEnd: ((LongPoll) -> Void)?
    private var continuation: CheckedContinuation<Place?, Never>?

    init(_ place: Place, _ continuation: CheckedContinuation<Place?, Never>) {
        position = place.position.id
        lastPlace = place
        self.continuation = continuation
    }

    func tell(_ place: Place?) {
        // The end of a heartbeat's validity moves with every heartbeat; that is no change to wake up for.
        if let place, let lastPlace, place.rank == lastPlace.rank, place.totalWaiting == lastPlace.totalWaiting,
            place.position.status == lastPlace.position.status
        {
            return
        }
        end(place)
    }

    /// Answers the call, once, and lets go of everything that holds this poll.
    func end(_ place: Place?) {
        guard let continuation else { return }
        self.continuation = nil
        timeout?.cancel()
        timeout = nil
        onEnd?(self)
        onEnd = nil
        continuation.resume(returning: place)
    }

    func roomChanged() {}

    func release() { end(nil) }
}
