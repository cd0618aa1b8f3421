import NIOCore
import NIOPosix

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The sending side of one connection. Bytes go straight to the socket as long as nothing waits before them; what the
/// socket does not take, and all that follows until that is gone, goes through NIO. A write of NIO's own costs a walk
/// through the pipeline and its queue twice over, which is a twentieth of a forwarded request.
///
/// Bound to the connection's event loop. A class, because a flush that fails ends the connection, and with it whoever
/// asked for the flush, before it returns.
@safe final class SocketWriter {
    private let context: ChannelHandlerContext
    private let channel: any Channel
    /// −1 where bytes must not pass by NIO.
    private let descriptor: CInt
    /// NIO may hold bytes that have not reached the socket.
    private var mayHoldBytes = false
    private var needsFlush = false

    /// - Parameter isDirect: that no other handler changes bytes on their way to the socket.
    init(_ context: ChannelHandlerContext, isDirect: Bool = true) {
        self.context = context
        channel = context.channel
        let operations = channel.pipeline.syncOperations
        guard isDirect else {
            descriptor = -1
            return
        }
        let handle = try? operations.withUnsafeTransportIfAvailable { (handle: NIOBSDSocket.Handle) in handle }
        descriptor = (handle ?? nil) ?? -1
    }

    var isWritable: Bool { channel.isWritable }

    /// Sends now what the socket takes. The rest leaves with the next `flush()`.
    func write(_ bytes: ByteBuffer) {
        if mayHoldBytes {
            guard isDrained else {
                queue(bytes)
                return
            }
            mayHoldBytes = false
        }
        let sent = unsafe bytes.withUnsafeReadableBytes { unsafe sendNow($0) }
        guard sent < bytes.readableBytes else { return }
        var rest = bytes
        rest.moveReaderIndex(forwardBy: sent)
        queue(rest)
    }

    /// Sends with what follows, at the next `flush()`.
    func queue(_ bytes: ByteBuffer) {
        mayHoldBytes = true
        needsFlush = true
        context.write(NIOAny(bytes), promise: nil)
    }

    func flush() {
        guard needsFlush else { return }
        needsFlush = false
        context.flush()
    }

    private var isDrained: Bool {
        !needsFlush && (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) == 0
    }

    /// Never fails: a broken connection takes nothing, and NIO finds the same when it gets the bytes.
    private func sendNow(_ bytes: UnsafeRawBufferPointer) -> Int {
        // NIO closes the descriptor and ends `isActive` in one step, without calling anybody between the two; so a
        // descriptor of an active channel is its own and not one that was given to the next connection.
        guard descriptor >= 0, channel.isActive, bytes.count > 0 else { return 0 }
        #if canImport(Glibc)
        let flags = CInt(MSG_NOSIGNAL | MSG_DONTWAIT)
        #else
        let flags = MSG_DONTWAIT
        #endif
        return unsafe max(0, send(descriptor, bytes.baseAddress, bytes.count, flags))
    }
}
