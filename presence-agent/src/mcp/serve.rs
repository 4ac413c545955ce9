//! The protocol itself, for as long as its client keeps stdin open.

use std::sync::Arc;

use presence_model::id::AgentId;
use rmcp::ErrorData;
use rmcp::ServerHandler;
use rmcp::ServiceExt;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig,
};
use rmcp::service::{RequestContext, RoleServer, ServerInitializeError};
use rmcp::transport::io::stdio_pipes;
use tokio::runtime::Builder;
use tokio::select;
use tracing::debug;

use crate::address::ServerAddress;
use crate::credential::Credentials;
use crate::mcp::handler::Handler;
use crate::mcp::tools::{INSTRUCTIONS, all};
use crate::name;
use crate::trouble::Trouble;

#[derive(Debug)]
pub struct Serve {
    pub agent: Option<AgentId>,
    pub address: Option<ServerAddress>,
}

/// Ends when stdin does, or when the process is asked to end.
pub fn serve(serve: Serve) -> Result<(), Trouble> {
    let address = ServerAddress::find(serve.address)?;
    let agent = name::find(serve.agent)?;
    let handler = Arc::new(Handler::new(agent, address, Credentials::of_environment()?));
    let runtime = Builder::new_current_thread().enable_all().build().map_err(Trouble::Runtime)?;
    let served = runtime.block_on(async {
        let signals = signals()?;
        let served = select! {
            served = speak(handler.clone()) => served,
            () = signals => Ok(()),
        };
        handler.finish().await;
        served
    });
    // A read from stdin may never end.
    runtime.shutdown_background();
    served
}

async fn speak(handler: Arc<Handler>) -> Result<(), Trouble> {
    match Offer(handler).serve(stdio_pipes()).await {
        Ok(running) => {
            let ended = running.waiting().await;
            debug!(?ended, "the client is gone");
            Ok(())
        }
        // It came and went.
        Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
        // Its own words would quote what it was sent.
        Err(_) => Err(Trouble::NoClient),
    }
}

/// Completes when the process is asked to end.
#[cfg(unix)]
fn signals() -> Result<impl Future<Output = ()>, Trouble> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt()).map_err(Trouble::Runtime)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Trouble::Runtime)?;
    // The terminal is gone.
    let mut hangup = signal(SignalKind::hangup()).map_err(Trouble::Runtime)?;
    Ok(async move {
        select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    })
}

/// Completes when the process is asked to end.
#[cfg(not(unix))]
fn signals() -> Result<impl Future<Output = ()>, Trouble> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    })
}

struct Offer(Arc<Handler>);

impl ServerHandler for Offer {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("presence", env!("CARGO_PKG_VERSION")))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(all(self.0.may_notify())))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.0.named_after(context.client_info().as_ref().map(|client| client.name.as_str()));
        let given = request.arguments.unwrap_or_default();
        match self.0.call(&request.name, &given).await {
            Some(Ok((text, data))) => {
                let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
                result.structured_content = Some(data);
                Ok(result.into())
            }
            Some(Err(sentence)) => Ok(CallToolResult::error(vec![ContentBlock::text(sentence)]).into()),
            None => {
                Err(ErrorData::invalid_params("there is no tool of this name: tools/list says which there are", None))
            }
        }
    }
}
