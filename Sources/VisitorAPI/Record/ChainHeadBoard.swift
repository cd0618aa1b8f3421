import QueueStore
package import RecordChain
package import SessionTokens
import Synchronization
package import WaitingRoom

/// A head of a room's chain, as the gate vouches for it.
package struct SignedChainHead: Sendable {
    package let head: ChainHead
    package let time: Timestamp
    /// A JWS (docs/RECORD.md).
    package let signature: String

    /// As slow as a signature.
    package init(_ head: ChainHead, at time: Timestamp, signer: TokenSigner) async throws(SigningError) {
        var payload = JSONText()
        payload.object {
            $0.member("queue_id", head.room.text)
            $0.member("opened_at", head.opened)
            $0.member("sequence", Int(clamping: head.sequence))
            $0.member("chainhash", head.hash.description)
            $0.member("iat", Int(time.milliseconds / 1000))
        }
        signature = try await signer.sign(.chainHead, payload.bytes)
        self.head = head
        self.time = time
    }

    var json: JSONText {
        var json = JSONText()
        json.object {
            $0.member("queue_id", head.room.text)
            $0.member("opened_at", head.opened)
            $0.member("sequence", Int(clamping: head.sequence))
            $0.member("chainhash", head.hash.description)
            $0.member("time", time)
            $0.member("signature", signature)
        }
        return json
    }
}

/// The last published head of each room's chain.
package final class ChainHeadBoard: Sendable {
    private let heads = Mutex<[RoomID: SignedChainHead]>([:])

    package init() {}

    package func head(of room: RoomID) -> SignedChainHead? { heads.withLock { $0[room] } }

    package func publish(_ head: SignedChainHead) { heads.withLock { $0[head.head.room] = head } }
}
