import HTTPWire
import NIOCore
import RoomConfiguration
import SessionTokens
import VisitorAPI
import WaitingRoom

/// The bodies of API calls.
extension DownstreamHandler {
    func collectBody(for request: VisitorRequest) {
        if requestBody.isComplete {
            ask(request)
            return
        }
        if case .length(let length) = gate.requestHead.framing, length > VisitorRequest.bodyLimit {
            refuseLargeBody(of: request)
            return
        }
        phase = .collecting
        requestBody = BodyReader(gate.requestHead.framing, unchunks: true)
        collectedRequest = request
        gate.deadlines.set(slot, after: gate.timeouts.bodyProgress)
        // RFC 9110 §10.1.1: whoever waits for permission to send the body gets it from whoever reads the body.
        if gate.requestHead.expectsContinue {
            var interim = ByteBuffer()
            if let stream {
                stream.blockWriter.write(status: 100, into: &interim)
                stream.writeInterim(interim)
                return
            }
            interim.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
            write(interim)
            flush()
        }
    }

    private func refuseLargeBody(of request: VisitorRequest) {
        collectedRequest = nil
        closesAfterAnswer = true
        let problem = VisitorResponse.problem(
            413, "Content Too Large", detail: "The body is too long; send at most \(VisitorRequest.bodyLimit) bytes.")
        answer(gate.desk.readable(problem, by: request), outcome: .api)
    }

    func collect(_ bytes: inout ByteBuffer) {
        guard let exchange, var request = collectedRequest else { return }
        var out = ByteBuffer()
        do throws(HeadRefusal) {
            var reader = requestBody
            exchange.bytesIn += Int64(try reader.move(&bytes, to: &out))
            requestBody = reader
        } catch {
            refuse(error)
            return
        }
        exchange.apiBody += out.readableBytesView
        if exchange.apiBody.count > VisitorRequest.bodyLimit {
            refuseLargeBody(of: request)
            return
        }
        // The deadline stays: so small a body needs no second one.
        if requestBody.isComplete {
            collectedRequest = nil
            request.body = exchange.apiBody
            ask(request)
        }
    }
}
