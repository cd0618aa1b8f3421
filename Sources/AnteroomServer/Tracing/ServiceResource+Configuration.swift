import HostSystem
import OTLPTracing
import RoomConfiguration

extension ServiceResource {
    init(_ configuration: Configuration, version: String) {
        self.init(
            version: version, instance: configuration.gate.listen.first.map { "\($0.address)" } ?? "",
            host: HostName.current)
    }
}
