import QueueStore
import RoomConfiguration
import SessionTokens
import WaitingRoom

/// What lets visitors and anybody else check the line later; docs/RECORD.md.
extension VisitorDesk {
    /// So many receipts, of those who asked last, are kept for those who ask again.
    private static let receiptLimit = 1024

    /// The head of the room's chain, at most about a minute old.
    func chainHead(_ rule: RoomRule) -> VisitorAnswer {
        guard let head = services.chainHeads.head(of: rule.settings.id) else {
            return .respond(
                .problem(404, "Not Found", detail: "There is no chained record of this room, or none yet."))
        }
        var response = VisitorResponse.json(200, head.json)
        response.fields = [
            ("Cache-Control", "public, max-age=60"), ("X-Content-Type-Options", "nosniff"),
            ("Access-Control-Allow-Origin", "*"),
        ]
        return .respond(response)
    }

    /// A signed word that this position joined, as which number and when. Signed only when asked for: a signature costs as
    /// much as some twenty joins.
    func receipt(_ request: VisitorRequest, _ rule: RoomRule) async throws(StoreError) -> VisitorAnswer {
        switch identify(request, rule) {
        case .failure(let response): return .respond(response)
        case .success(let caller):
            let room = rule.settings.id
            guard let place = try await place(of: caller.claims, in: room) else {
                return .respond(Self.unknownPosition)
            }
            guard let receipt = await receipt(place.position) else { return .respond(unavailable(request)) }
            var json = JSONText()
            json.object {
                $0.member("queue_id", room.text)
                $0.member("position_id", place.position.id.description)
                $0.member("join_sequence", Int(clamping: place.position.sequence))
                $0.member("enqueued_at", place.position.enqueuedAt)
                $0.member("receipt", receipt)
            }
            return .respond(.json(200, json))
        }
    }

    /// Nil while the signers have more to do than they can.
    private func receipt(_ position: QueuePosition) async -> String? {
        if let known = receipts[position.id] { return known }
        var payload = JSONText()
        payload.object {
            $0.member("queue_id", position.queueID.text)
            $0.member("position_id", position.id.description)
            $0.member("join_sequence", Int(clamping: position.sequence))
            $0.member("enqueued_at", position.enqueuedAt)
            $0.member("iat", Int(services.clock().milliseconds / 1000))
        }
        guard let receipt = try? await services.signer.sign(.receipt, payload.bytes) else { return nil }
        if receipts.count >= Self.receiptLimit { receipts.removeAll(keepingCapacity: true) }
        receipts[position.id] = receipt
        return receipt
    }
}
