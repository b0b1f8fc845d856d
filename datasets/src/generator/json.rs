//! JSON objects, written in the order given. A map would order members by the features of other
//! crates in the build, and the bytes would change with them.

/// An object being written.
pub(super) struct Object(String);

impl Object {
    /// An empty object.
    pub(super) fn new() -> Self {
        Self(String::from("{"))
    }

    /// A resource of this type and id.
    pub(super) fn resource(resource_type: &str, id: &str) -> Self {
        Self::new()
            .text("resourceType", resource_type)
            .text("id", id)
    }

    /// A member with a text.
    pub(super) fn text(mut self, name: &str, value: &str) -> Self {
        self.name(name);
        push_text(&mut self.0, value);
        self
    }

    /// A member with ready JSON.
    pub(super) fn raw(mut self, name: &str, json: &str) -> Self {
        self.name(name);
        self.0.push_str(json);
        self
    }

    /// A member with a text, if there is one.
    pub(super) fn maybe_text(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// A member with a reference.
    pub(super) fn reference(self, name: &str, resource_type: &str, id: &str) -> Self {
        let target = Self::new()
            .text("reference", &format!("{resource_type}/{id}"))
            .end();
        self.raw(name, &target)
    }

    /// The whole object.
    pub(super) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn name(&mut self, name: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        push_text(&mut self.0, name);
        self.0.push(':');
    }
}

/// An array of ready JSON.
pub(super) fn array(items: &[String]) -> String {
    format!("[{}]", items.join(","))
}

fn push_text(out: &mut String, text: &str) {
    out.push('"');
    if !text
        .bytes()
        .any(|byte| byte < b' ' || byte == b'"' || byte == b'\\')
    {
        out.push_str(text);
        out.push('"');
        return;
    }
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            control if control < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let json = Object::new()
            .text("a", "say \"x\\y\"\n")
            .raw("b", &array(&["1".to_owned(), "2".to_owned()]))
            .end();
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read["a"], "say \"x\\y\"\n");
        assert_eq!(read["b"][1], 2);
    }
}
