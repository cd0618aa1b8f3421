package import HTTPWireProperties
import NIOCore
import NIOEmbedded
import RoomConfiguration
import WaitingRoom

@testable import EdgeProxy

/// A whole connection of HTTP/2, between a visitor and origins that both do what an input says: what the visitor gets
/// is allowed (`VisitorView`), and when it has gone nothing is left of it.
///
/// Bound to the thread that made it.
package final class HTTP2ConnectionProperty {
    private let offline: OfflineGate

    /// - Throws: what of a gate cannot be made.
    package init() throws { offline = try OfflineGate() }

    package func check(_ input: [UInt8]) throws(Finding) {
        let gate = offline.begin()
        guard let pool = offline.pool(of: gate) else { throw Finding("There is no origin", input) }
        // It and its pools hold each other.
        defer { offline.end(gate) }
        weak var connection: HTTP2Connection?
        do {
            var course = try ConnectionCourse(gate, pool, offline.loop, input)
            connection = course.connection
            try course.run()
        } catch let error as Finding {
            throw error
        } catch {
            throw Finding("\(error)", input)
        }
        guard connection == nil else { throw Finding("The connection outlives its channel", input) }
        guard gate.deadlines.count == 0, pool.running == 0, gate.tunnels.count == 0 else {
            throw Finding(
                "\(gate.deadlines.count) deadlines, \(pool.running) requests and \(gate.tunnels.count) tunnels are left",
                input)
        }
    }
}

/// One input's course.
private struct ConnectionCourse {
    let connection: HTTP2Connection
    private let gate: GateLoop
    private let pool: UpstreamPool
    private let loop: EmbeddedEventLoop
    private let input: [UInt8]
    private let visitor: EmbeddedChannel
    private var view: VisitorView
    /// The origin's connections, in use or not.
    private var origins: [EmbeddedChannel] = []
    private var seconds: Int64 = 0
    private let start = NIODeadline.now()

    init(_ gate: GateLoop, _ pool: UpstreamPool, _ loop: EmbeddedEventLoop, _ input: [UInt8]) throws {
        (self.gate, self.pool, self.loop, self.input) = (gate, pool, loop, input)
        view = VisitorView(input)
        visitor = EmbeddedChannel(loop: loop)
        let peer = VisitorPeer("127.0.0.1")
        connection = HTTP2Connection(gate: gate, peer: peer, service: .http)
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: 1)
        visitor.connect(to: address, promise: nil)
        try visitor.pipeline.syncOperations.addHandler(connection)
        visitor.allowRemoteHalfClosure = true
    }

    mutating func run() throws {
        try step { course in course.receive(Array(HTTP2Connection.preface.utf8)) }
        for next in ConnectionStep.all(in: input) {
            try connectOrigins()
            try step { course in course.take(next) }
        }
        visitor.close(promise: nil)
        loop.run()
        for origin in origins { origin.close(promise: nil) }
        loop.run()
    }

    private mutating func step(_ body: (inout ConnectionCourse) -> Void) throws {
        body(&self)
        loop.run()
        while let bytes = try visitor.readOutbound(as: ByteBuffer.self) { try view.take(bytes.readableBytesView) }
        for origin in origins { while try origin.readOutbound(as: ByteBuffer.self) != nil {} }
    }

    /// A few that wait for requests; there are never more than sixteen.
    private mutating func connectOrigins() throws {
        origins.removeAll { !$0.isActive }
        while origins.count < min(16, pool.running + 3) {
            let handler = UpstreamHandler(pool: pool)
            let origin = EmbeddedChannel(loop: loop)
            try origin.pipeline.syncOperations.addHandler(handler)
            origin.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 9), promise: nil)
            loop.run()
            origin.allowRemoteHalfClosure = true
            pool.give(back: handler)
            origins.append(origin)
        }
    }

    private func receive(_ bytes: [UInt8]) {
        guard visitor.isActive else { return }
        visitor.pipeline.fireChannelRead(ByteBuffer(bytes: bytes))
        visitor.pipeline.fireChannelReadComplete()
    }

    private mutating func take(_ step: ConnectionStep) {
        switch step {
        case .visitor(let bytes):
            view.send(bytes)
            receive(bytes)
        case .origin(let number, let bytes):
            guard let origin = origin(number) else { return }
            origin.pipeline.fireChannelRead(ByteBuffer(bytes: bytes))
            origin.pipeline.fireChannelReadComplete()
        case .originEnds(let number, let isHalf):
            guard let origin = origin(number) else { return }
            if isHalf {
                origin.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            } else {
                origin.close(promise: nil)
            }
        case .takes(let takes):
            Self.set(visitor, isWritable: takes)
        case .originTakes(let number, let takes):
            if let origin = origin(number) { Self.set(origin, isWritable: takes) }
        case .time(let span):
            seconds += span
            gate.deadlines.sweep(now: start + .seconds(seconds))
        case .visitorEnds:
            if visitor.isActive { visitor.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        case .drain: gate.drain()
        }
    }

    private static func set(_ channel: EmbeddedChannel, isWritable: Bool) {
        guard channel.isActive, channel.isWritable != isWritable else { return }
        channel.isWritable = isWritable
        channel.pipeline.fireChannelWritabilityChanged()
    }

    private func origin(_ number: Int) -> EmbeddedChannel? {
        guard !origins.isEmpty else { return nil }
        let origin = origins[number % origins.count]
        return origin.isActive ? origin : nil
    }
}
