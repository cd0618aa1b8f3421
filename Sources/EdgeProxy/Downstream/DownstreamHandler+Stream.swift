import HTTPWire
import NIOCore
import RoomConfiguration

/// What a stream of HTTP/2 calls where a connection of HTTP/1.1 has its channel.
extension DownstreamHandler {
    func beginStream() {
        slot = gate.deadlines.register(self)
        gate.deadlines.set(slot, after: gate.timeouts.head)
    }

    /// Takes the request's head, written as one of HTTP/1.1.
    func takeStreamHead(_ bytes: UnsafeRawBufferPointer) {
        switch unsafe gate.requestHead.scan(bytes, limits: gate.headLimits) {
        case .complete: act(on: unsafe begin(bytes))
        case .refused(let refusal): refuse(refusal)
        case .incomplete: refuse(HeadRefusal(400, "The request line cannot be read."))
        }
        upstream?.flush()
    }

    /// The one exchange of a stream is over. What waits for the visitor's window has the time that a body has.
    func endStream(_ stream: HTTP2Stream) {
        phase = .closed
        gate.deadlines.set(slot, after: gate.timeouts.bodyProgress)
        stream.end()
        // What is left of the request is dropped, so that whoever sends it first and reads then gets there.
        if stream.isOpen { resumeReading() }
    }

    /// The visitor will send no more through a tunnel.
    func tunnelInputEnded() {
        switch phase {
        case .tunnel: upstream?.closeOutput()
        case .live: closeNow()
        default: break
        }
    }

    /// Some of what waited has left: the visitor has its time anew.
    func streamProgressed() { gate.deadlines.set(slot, after: gate.timeouts.bodyProgress) }
}
