//! The client itself.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::de::DeserializeOwned;
use tasker_shared::api::{ErrorBody, HEALTH_PATH, TASKS_PATH, task_path};
use tasker_shared::explain;
use tasker_shared::health::HealthReport;
use tasker_shared::task::{NewTask, Task, TaskId};

use crate::{Backoff, BaseUrl, ClientError, Credentials};

const REQUEST_LIMIT: Duration = Duration::from_secs(10);
const MAX_ANSWER: usize = 1024 * 1024;

/// Talks to an orchestration service; its `health` to a worker as well.
pub struct TaskerClient {
    http: Client<HttpConnector, Full<Bytes>>,
    base_url: BaseUrl,
    credentials: Credentials,
}

impl TaskerClient {
    /// A client for the service at `base_url`, `http://HOST:PORT`.
    ///
    /// # Errors
    ///
    /// When `base_url` is of another form.
    pub fn new(base_url: &str, credentials: Credentials) -> Result<Self, ClientError> {
        Ok(Self {
            http: Client::builder(TokioExecutor::new()).build_http(),
            base_url: base_url.parse()?,
            credentials,
        })
    }

    /// Submits a task.
    ///
    /// # Errors
    ///
    /// [`ClientError`] says what went wrong.
    pub async fn submit(&self, task: &NewTask) -> Result<Task, ClientError> {
        let body = serde_json::to_vec(task)?;
        let (status, answer) = self.exchange(Method::POST, TASKS_PATH, body).await?;
        decode(status, &answer)
    }

    /// Looks at a task.
    ///
    /// # Errors
    ///
    /// [`ClientError`] says what went wrong.
    pub async fn task(&self, id: TaskId) -> Result<Task, ClientError> {
        let path = task_path(id);
        let (status, answer) = self.exchange(Method::GET, &path, Vec::new()).await?;
        decode(status, &answer)
    }

    /// Looks at a task until it is completed or failed, for no longer than `limit`.
    ///
    /// # Errors
    ///
    /// [`ClientError::NotDone`] when that takes too long; any error of
    /// [`task`](Self::task).
    pub async fn wait_until_done(&self, id: TaskId, limit: Duration) -> Result<Task, ClientError> {
        let done = async {
            let mut delays = Backoff::default();
            loop {
                let task = self.task(id).await?;
                if task.state.is_final() {
                    return Ok(task);
                }
                tokio::time::sleep(delays.next().unwrap_or_default()).await;
            }
        };
        tokio::time::timeout(limit, done)
            .await
            .unwrap_or(Err(ClientError::NotDone(id)))
    }

    /// Asks for the health of the service. An unhealthy service is no error.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when there is no report.
    pub async fn health(&self) -> Result<HealthReport, ClientError> {
        let exchange = self.exchange(Method::GET, HEALTH_PATH, Vec::new());
        match exchange.await? {
            (StatusCode::SERVICE_UNAVAILABLE, answer) => decode(StatusCode::OK, &answer),
            (status, answer) => decode(status, &answer),
        }
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<(StatusCode, Bytes), ClientError> {
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = method;
        *request.uri_mut() = self.base_url.join(path)?;
        *request.headers_mut() = self.credentials.headers()?;
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(CONTENT_TYPE, json);

        let exchange = async {
            let response = self.http.request(request).await;
            let response = response.map_err(|error| self.unreachable(&error))?;
            let status = response.status();
            let body = Limited::new(response.into_body(), MAX_ANSWER);
            let body = body.collect().await;
            let body = body.map_err(|error| ClientError::Answer(error.to_string()))?;
            Ok((status, body.to_bytes()))
        };
        tokio::time::timeout(REQUEST_LIMIT, exchange)
            .await
            .unwrap_or_else(|_| {
                Err(ClientError::Timeout {
                    url: self.base_url.as_str().to_owned(),
                    limit: REQUEST_LIMIT,
                })
            })
    }

    fn unreachable(&self, error: &(dyn Error + 'static)) -> ClientError {
        ClientError::Unreachable {
            url: self.base_url.as_str().to_owned(),
            reason: explain(error),
        }
    }
}

impl fmt::Debug for TaskerClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskerClient")
            .field("base_url", &self.base_url)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}

fn decode<T: DeserializeOwned>(status: StatusCode, answer: &[u8]) -> Result<T, ClientError> {
    if status.is_success() {
        return Ok(serde_json::from_slice(answer)?);
    }
    let message = match serde_json::from_slice::<ErrorBody>(answer) {
        Ok(body) => body.error,
        Err(_) => String::from_utf8_lossy(answer).into_owned(),
    };
    Err(ClientError::Status {
        status: status.as_u16(),
        message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// A client for a server that gives `answer` to its first request.
    async fn client_of(answer: &'static str) -> TaskerClient {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            assert!(stream.read(&mut request).await.unwrap() > 0);
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        TaskerClient::new(&url, Credentials::Anonymous).unwrap()
    }

    #[tokio::test]
    async fn an_error_carries_the_services_explanation() {
        let answer = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 14\r\n\r\n{\"error\":\"no\"}";
        let id = TaskId(Default::default());
        let error = client_of(answer).await.task(id).await.unwrap_err();
        assert_eq!(error.status(), Some(401));
        assert_eq!(error.to_string(), "the service answered 401: no");
    }

    #[tokio::test]
    async fn an_unhealthy_service_still_reports() {
        let answer = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 64\r\n\r\n\
            {\"service\":\"s\",\"version\":\"1\",\"status\":\"unhealthy\",\"checks\":{}}  ";
        let report = client_of(answer).await.health().await.unwrap();
        assert_eq!(report.http_status(), 503);
    }

    #[tokio::test]
    async fn an_absent_service_is_unreachable() {
        let client = TaskerClient::new("http://127.0.0.1:1", Credentials::Anonymous).unwrap();
        let error = client.health().await.unwrap_err().to_string();
        assert!(error.starts_with("http://127.0.0.1:1 cannot be reached"));
        assert!(error.contains("refused"), "{error}");
    }
}
