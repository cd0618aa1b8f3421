import NIOCore
package import RoomConfiguration

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// An address that cannot be listened on.
package struct ListenError: Error, CustomStringConvertible {
    package var address: ListenAddress
    package var underlying: any Error

    package var description: String {
        let reason = (underlying as? IOError).map { error in
            switch error.errnoCode {
            case EADDRINUSE: "another program listens there; stop it or choose another port (PORT, gate.listen)"
            case EACCES: "this user may not; choose a port above 1023 or give the right to bind it"
            case EADDRNOTAVAIL: "this machine has no such address"
            default: "\(error)"
            }
        }
        return "gate.listen: cannot listen on \(address): \(reason ?? "\(underlying)")"
    }
}
