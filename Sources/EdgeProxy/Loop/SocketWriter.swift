import NIOCore
import NIOPosix

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The sending side of one connection. Bytes go straight to the socket as long as nothing waits before them; what the
/// socket does not take, and all that follows until that is gone, goes through NIO. A write of NIO's own costs a walk
/// through the pipeline and its queue twice over, which is a twentieth of a forwarded request. Over TLS there are two: the
/// one above goes through NIO to TLS, the `SocketEdge` beneath has the socket.
///
/// Bound to the connection's event loop. A class, because a flush that fails ends the connection, and with it whoever
/// asked for the flush, before it returns.
@safe final class SocketWriter {
    private let context: ChannelHandlerContext
    private let channel: any Channel
    /// −1 where bytes must not pass by NIO.
    private let descriptor: CInt
    /// Of a TLS connection.
    private let edge: SocketEdge?
    /// NIO may hold bytes that have not reached the socket.
    private var mayHoldBytes = false
    private var needsFlush = false

    /// - Parameter isSecure: Whether TLS lies before the socket. Without, no other handler may change the bytes on their
    ///   way.
    init(_ context: ChannelHandlerContext, isSecure: Bool = false) {
        self.context = context
        channel = context.channel
        let operations = channel.pipeline.syncOperations
        guard !isSecure else {
            edge = try? operations.handler(type: SocketEdge.self)
            descriptor = -1
            return
        }
        edge = nil
        let handle = try? operations.withUnsafeTransportIfAvailable { (handle: NIOBSDSocket.Handle) in handle }
        descriptor = (handle ?? nil) ?? -1
    }

    var isWritable: Bool { channel.isWritable }

    /// Sends now what the socket takes. The rest leaves with the next `flush()`.
    /// - Parameter promise: kept when the socket has taken all.
    func write(_ bytes: ByteBuffer, promise: EventLoopPromise<Void>? = nil) {
        guard mayBypass() else {
            queue(bytes, promise: promise)
            return
        }
        let sent = unsafe bytes.withUnsafeReadableBytes { unsafe sendNow($0) }
        guard sent < bytes.readableBytes else {
            promise?.succeed()
            return
        }
        var rest = bytes
        rest.moveReaderIndex(forwardBy: sent)
        queue(rest, promise: promise)
    }

    /// Sends a head and its body as one, without putting them together if the socket takes both.
    func write(_ head: ByteBuffer, body: [UInt8]) {
        var rest = head
        var sent = 0
        if mayBypass() {
            sent = unsafe head.withUnsafeReadableBytes { head in
                unsafe body.withUnsafeBytes { body in unsafe sendNow(head, body) }
            }
            guard sent < head.readableBytes + body.count else { return }
        }
        rest.writeBytes(body)
        rest.moveReaderIndex(forwardBy: sent)
        queue(rest)
    }

    /// Sends with what follows, at the next `flush()`.
    func queue(_ bytes: ByteBuffer, promise: EventLoopPromise<Void>? = nil) {
        mayHoldBytes = true
        needsFlush = true
        context.write(NIOAny(bytes), promise: promise)
    }

    func flush() {
        guard needsFlush else { return }
        needsFlush = false
        context.flush()
    }

    /// Closes at once. Over TLS the other side is told before, and not waited for.
    func close() {
        guard let edge else {
            context.close(promise: nil)
            return
        }
        context.close(mode: .output, promise: nil)
        edge.close()
    }

    /// Closes in a way that shows that what was sent is not whole: over TLS without the alert that marks the end
    /// (RFC 8446 §6.1). Without TLS there is no such way.
    func abort() {
        guard let edge else {
            context.close(promise: nil)
            return
        }
        edge.close()
    }

    /// Says that nothing more will come, once all that was written has left.
    func closeOutput() {
        guard edge != nil else {
            context.close(mode: .output, promise: nil)
            return
        }
        // After the other side's last word this ends TLS altogether, and takes what has not left along.
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(NIOAny(ByteBuffer()), promise: written)
        written.futureResult.assumeIsolated().whenComplete { [context] _ in context.close(mode: .output, promise: nil) }
    }

    /// Whether bytes may go straight to the socket now.
    private func mayBypass() -> Bool {
        guard mayHoldBytes else { return true }
        guard descriptor >= 0, isDrained else { return false }
        mayHoldBytes = false
        return true
    }

    private var isDrained: Bool { !needsFlush && unsentBytes == 0 }

    /// Bytes that NIO holds for the socket.
    var unsentBytes: Int { (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0 }

    /// Never fails: a broken connection takes nothing, and NIO finds the same when it gets the bytes.
    private func sendNow(_ bytes: UnsafeRawBufferPointer) -> Int {
        // NIO closes the descriptor and ends `isActive` in one step, without calling anybody between the two; so a
        // descriptor of an active channel is its own and not one that was given to the next connection.
        guard descriptor >= 0, channel.isActive, bytes.count > 0 else { return 0 }
        return unsafe max(0, send(descriptor, bytes.baseAddress, bytes.count, Self.flags))
    }

    private func sendNow(_ head: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer) -> Int {
        guard descriptor >= 0, channel.isActive else { return 0 }
        var pieces: InlineArray<2, iovec> = unsafe [
            iovec(iov_base: UnsafeMutableRawPointer(mutating: head.baseAddress), iov_len: head.count),
            iovec(iov_base: UnsafeMutableRawPointer(mutating: body.baseAddress), iov_len: body.count),
        ]
        var message = unsafe msghdr()
        return unsafe withUnsafeMutablePointer(to: &pieces) { pieces in
            unsafe message.msg_iov = UnsafeMutableRawPointer(pieces).assumingMemoryBound(to: iovec.self)
            unsafe message.msg_iovlen = 2
            return unsafe max(0, sendmsg(descriptor, &message, Self.flags))
        }
    }

    #if canImport(Glibc)
    private static let flags = CInt(MSG_NOSIGNAL | MSG_DONTWAIT)
    #else
    private static let flags = MSG_DONTWAIT
    #endif
}
