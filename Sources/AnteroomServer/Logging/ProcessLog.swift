import HostSystem
import Logging
import OTLPTracing
package import RoomConfiguration

/// The log of the whole process, on standard error.
package enum ProcessLog {
    /// Has every logger write as the configuration says, with the ids of the current span. Once in a process.
    /// - Returns: the level in force, to be changed as the configuration does.
    package static func bootstrap(_ configuration: Configuration, version: String) -> LiveLogLevel {
        let level = LiveLogLevel(Logger.Level(rawValue: configuration.log.level) ?? .info)
        let resource = ServiceResource(configuration, version: version)
        LoggingSystem.bootstrap(
            { label, provider in
                switch configuration.log.format {
                case .text:
                    LiveLogHandler(
                        StreamLogHandler.standardError(label: label, metadataProvider: provider), level: level)
                case .json:
                    LiveLogHandler(
                        JSONLogHandler(
                            label: label, resource: resource, metadataProvider: provider,
                            clock: { SystemClock.now }, write: StandardError.write), level: level)
                }
            }, metadataProvider: TraceMetadata.provider)
        return level
    }
}
