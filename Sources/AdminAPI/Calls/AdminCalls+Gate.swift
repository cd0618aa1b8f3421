import Hummingbird
import QueueStore
import RoomConfiguration
import WaitingRoom

/// The gate itself.
extension AdminCalls {
    var gateCalls: [AdminCall] {
        [
            AdminCall(.get, Self.root, needs: .viewer) { request in gate(request) },
            AdminCall(.get, Self.root + "/health", needs: .viewer) { _ in await health() },
            AdminCall(.get, Self.root + "/openapi.json") { _ in
                .fresh(body: PackageResources.openapi_json, contentType: "application/json")
            },
        ]
    }

    private func gate(_ request: AdminRequest) -> Response {
        .json {
            $0.member("version", services.version)
            $0.member("started_at", services.startedAt)
            $0.member("name", request.caller?.name.text ?? "")
            $0.member("role", request.caller?.role.rawValue ?? "")
        }
    }

    private func health() async -> Response {
        let readiness = await readiness()
        let configuration = services.configuration()
        return .json {
            $0.member("ready", readiness.ready)
            $0.member("checks", objects: readiness.checks) { json, check in
                json.member("name", check.name)
                json.member("ok", check.ok)
                if let reason = check.reason { json.member("reason", reason) }
            }
            $0.member(
                "configuration",
                object: {
                    $0.member("file", configuration.file)
                    $0.member("loaded_at", configuration.loadedAt)
                    $0.member("problems", strings: configuration.problems)
                })
            $0.member("events_backlog", services.eventsBacklog())
        }
    }
}
