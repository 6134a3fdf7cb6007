//! What the messages of a WebSocket are to scripts: tuples of a class of the script, with its names for their kinds.

use crate::http::websocket::Message;
use crate::object::arguments::capacity;
use crate::object::bytes::Bytes;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::heap::{Marker, Ref};
use crate::object::native::Stop;
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;

/// The classes and names.
pub(super) struct Words {
    /// The class of messages, and that of texts.
    message: Ref<Class>,
    text_message: Ref<Class>,
    /// Are texts str? Else they are bytes.
    decodes: bool,
    text: Value,
    binary: Value,
    ping: Value,
    pong: Value,
    close: Value,
}

impl Words {
    /// The words in a tuple: the class of messages, the class of texts, are they str, and the five kinds.
    pub(super) fn from_value(cx: &mut Context, value: Value) -> Result<Words, Stop> {
        let tuple = value.get::<Tuple>();
        let items = tuple.as_ref().map_or(&[][..], |tuple| tuple.items());
        if let &[message, text_message, decodes, text, binary, ping, pong, close] = items
            && let (Some(message), Some(text_message)) = (message.get::<Class>(), text_message.get::<Class>())
            && [message, text_message]
                .iter()
                .all(|class| class.is_subclass(cx.class(crate::object::layout::LayoutId::TUPLE)))
        {
            return Ok(Words {
                message,
                text_message,
                decodes: decodes == Value::TRUE,
                text,
                binary,
                ping,
                pong,
                close,
            });
        }
        Err(cx.type_error("two subclasses of tuple, a bool and five kinds are required"))
    }

    /// Shows the collector what is in it.
    pub(super) fn trace(&self, marker: &mut Marker) {
        marker.object(self.message);
        marker.object(self.text_message);
        for kind in [self.text, self.binary, self.ping, self.pong, self.close] {
            marker.value(kind);
        }
    }

    /// A message as an object.
    pub(super) fn message(&self, cx: &mut Context, message: Message) -> Result<Value, Stop> {
        let mut extra = cx.str("");
        let (kind, data) = match message {
            Message::Text(bytes) if self.decodes => (self.text, Str::try_from_vec(cx, bytes)?),
            Message::Text(bytes) => (self.text, Bytes::from_vec(cx, bytes)),
            Message::Binary(bytes) => (self.binary, Bytes::from_vec(cx, bytes)),
            Message::Ping(bytes) => (self.ping, Bytes::from_vec(cx, bytes)),
            Message::Pong(bytes) => (self.pong, Bytes::from_vec(cx, bytes)),
            Message::Close(code, reason) => {
                extra = Str::from_vec(cx, reason);
                (self.close, Value::small(code.unwrap_or(0) as i64))
            }
        };
        let class = if kind == self.text { self.text_message } else { self.message };
        Ok(Tuple::allocate_as(cx, class.root_layout.get(), capacity(class), &[kind, data, extra]).value())
    }
}
