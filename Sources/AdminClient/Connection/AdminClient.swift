import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import WaitingRoom

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A gate's admin API as a client sees it: calls with a key, each with a limit on its time and on its answer's size.
package struct AdminClient: Sendable {
    /// In bytes; a thousand rooms have 2 MiB.
    private static let answerLimit = 16 * 1024 * 1024
    private static let connectTimeout = TimeAmount.seconds(3)
    /// How long a tail may be silent: the gate writes something every 15 s.
    private static let silenceLimit = TimeAmount.seconds(45)

    private let address: AdminAddress
    private let key: AdminCredential
    private let http: HTTPClient
    /// Of one call, the answer's body included; the gate itself gives up after 20 s.
    private let callLimit: Duration

    /// Gives `body` a client, and closes its connections afterwards.
    package static func open<Value>(
        _ address: AdminAddress, with key: AdminCredential, callLimit: Duration = .seconds(25),
        _ body: (AdminClient) async throws -> Value
    ) async throws -> Value {
        // A redirect would take the key elsewhere.
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: connectTimeout, read: silenceLimit))
        // Whoever waits at a terminal is told at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(AdminClient(address: address, key: key, http: http, callLimit: callLimit)))
        } catch {
            result = .failure(error)
        }
        try? await http.shutdown()
        return try result.get()
    }

    /// An answer, and its text as it came.
    package struct Answered<Answer> {
        package let value: Answer
        package let text: String
    }

    /// What the gate answers to a call.
    package func ask<Answer: Decodable>(
        _ call: AdminCall, for type: Answer.Type = Answer.self
    ) async throws(AdminRefusal) -> Answered<Answer> {
        let body = try await send(call)
        do {
            return Answered(
                value: try JSONDecoder().decode(type, from: Data(body)), text: String(decoding: body, as: UTF8.self))
        } catch {
            throw AdminRefusal(.unreadable, "\(address) answered what is no answer of Anteroom's admin API: \(error)")
        }
    }

    /// Makes a call whose answer has nothing in it.
    package func tell(_ call: AdminCall) async throws(AdminRefusal) { _ = try await send(call) }

    /// Gives each event of a stream to `receive`, until that throws or the stream ends.
    package func follow(
        _ call: AdminCall, _ receive: @escaping @Sendable (ServerSentEvent) throws -> Void
    ) async throws {
        let response: HTTPClientResponse
        do {
            response = try await http.execute(request(call), timeout: .seconds(15))
        } catch {
            throw unreachable(error)
        }
        guard response.status == .ok else {
            let body = try? await response.body.collect(upTo: Self.answerLimit)
            throw await refusal(response.status, Array((body ?? ByteBuffer()).readableBytesView), of: call)
        }
        var parser = EventStreamParser()
        do {
            for try await piece in response.body {
                for event in try parser.consume(piece.readableBytesView) { try receive(event) }
            }
        } catch let error as HTTPClientError {
            throw unreachable(error)
        } catch let error as IOError {
            throw unreachable(error)
        }
    }

    private func send(_ call: AdminCall) async throws(AdminRefusal) -> [UInt8] {
        let (status, body) = try await exchange(call)
        guard (200..<300).contains(status.code) else { throw await refusal(status, body, of: call) }
        return body
    }

    private func exchange(_ call: AdminCall) async throws(AdminRefusal) -> (HTTPResponseStatus, [UInt8]) {
        let request = request(call)
        do {
            return try await within(callLimit) {
                let response = try await http.execute(request, deadline: .distantFuture)
                let body = try await response.body.collect(upTo: Self.answerLimit)
                return (response.status, Array(body.readableBytesView))
            }
        } catch is NIOTooManyBytesError {
            throw AdminRefusal(.unreadable, "\(address) answered more than \(Self.answerLimit / 1024 / 1024) MiB")
        } catch {
            throw unreachable(error)
        }
    }

    private func request(_ call: AdminCall) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: "\(address)/admin/v1\(call.path)")
        request.method = HTTPMethod(rawValue: call.method.rawValue)
        request.headers.add(name: "Authorization", value: "Bearer \(key.text)")
        request.headers.add(name: "Accept", value: call.accepts)
        request.headers.add(name: "User-Agent", value: "anteroom-rooms")
        if let body = call.body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        return request
    }
}

// What went wrong, in words.
extension AdminClient {
    private func unreachable(_ error: any Error) -> AdminRefusal {
        switch error {
        case is TimeLimitExceeded: late
        case let error as HTTPClientError: broken(error)
        case let error as IOError: absent(String(cString: strerror(error.errnoCode)))
        case let error as NIOConnectionError:
            if let reason = error.connectionErrors.first?.error as? IOError {
                absent(String(cString: strerror(reason.errnoCode)))
            } else {
                absent("\(error.host) has no address")
            }
        default: absent("\(error)")
        }
    }

    private func broken(_ error: HTTPClientError) -> AdminRefusal {
        switch error {
        case .deadlineExceeded, .readTimeout: late
        case .connectTimeout: absent("no connection within 3 s")
        case .remoteConnectionClosed:
            AdminRefusal(.unreachable, "\(address) closed the connection; is the gate restarting?")
        case .invalidURL, .emptyHost:
            AdminRefusal(.unreachable, "\(address) is not an address; write one such as http://127.0.0.1:9090")
        default: absent("\(error)")
        }
    }

    private var late: AdminRefusal {
        AdminRefusal(.unreachable, "\(address) did not answer in time; is the gate overloaded or stopped?")
    }

    private func absent(_ reason: String) -> AdminRefusal {
        AdminRefusal(
            .unreachable,
            "no gate answers at \(address) (\(reason)); is it running, and is this its admin.listen? Name another "
                + "address by --admin, or the gate's file by --config")
    }

    private func refusal(_ status: HTTPResponseStatus, _ body: [UInt8], of call: AdminCall) async -> AdminRefusal {
        guard let problem = try? JSONDecoder().decode(ProblemReport.self, from: Data(body)) else {
            return AdminRefusal(
                .unreadable,
                "\(address) answered \(status.code) and no problem of Anteroom's admin API; is this a gate's admin.listen?"
            )
        }
        switch status {
        case .unauthorized:
            return AdminRefusal(
                .key,
                "the gate at \(address) does not know \(key.source); give one that its admin.keys_file has, by --key-file "
                    + "or ANTEROOM_ADMIN_KEY")
        case .forbidden:
            return AdminRefusal(
                .key,
                "\(key.source) is a viewer's, which may look and not change; give an operator's by --key-file or "
                    + "ANTEROOM_ADMIN_KEY")
        case .notFound:
            guard let room = call.room, let known = await roomNames() else {
                return AdminRefusal(.unknown, "\(address): \(problem.words) Is the gate as new as this command?")
            }
            guard known.contains(room.text) else {
                return AdminRefusal(
                    .unknown, "there is no room \(room); the rooms are \(known.joined(separator: ", "))")
            }
            return AdminRefusal(.unknown, problem.words)
        default: return AdminRefusal(.refused, problem.words)
        }
    }

    /// Nil if they cannot be had.
    private func roomNames() async -> [String]? {
        guard let (status, body) = try? await exchange(.rooms), status == .ok,
            let list = try? JSONDecoder().decode(RoomList.self, from: Data(body))
        else { return nil }
        return list.rooms.map(\.id.printable)
    }
}
