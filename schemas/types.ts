/**
 * The events as TypeScript sees them: the same facts as `events/*.json`, for those who write code against them.
 * `schemas.test.ts` holds a value of each type against its JSON Schema, so that the two cannot drift apart.
 */

interface EventBase<T extends string> {
  /** Unique and deterministic: `<order_id>-<number within the order>`. */
  event_id: string;
  type: T;
  /** ISO 8601, UTC, milliseconds. */
  event_time: string;
  /** The Kafka key. */
  order_id: string;
  city: string;
}

export type Vehicle = 'bicycle' | 'electric_scooter' | 'motorcycle' | 'scooter';
export type Payment = 'upi' | 'card' | 'cash' | 'wallet';
export type CancelledBy = 'customer' | 'restaurant' | 'system';
export type CancelReason = 'changed_mind' | 'too_slow' | 'out_of_stock' | 'kitchen_closed' | 'payment_failed';
export type OrderStatus = 'placed' | 'accepted' | 'prepared' | 'picked_up' | 'delivered' | 'cancelled';

export interface OrderItem {
  dish: string;
  quantity: number;
  price_paise: number;
}

export interface OrderPlaced extends EventBase<'order.placed'> {
  customer_id: string;
  restaurant_id: string;
  items: OrderItem[];
  total_paise: number;
  payment: Payment;
}

export interface OrderAccepted extends EventBase<'order.accepted'> {
  customer_id: string;
  restaurant_id: string;
  promised_prep_minutes: number;
}

export interface OrderPrepared extends EventBase<'order.prepared'> {
  customer_id: string;
  restaurant_id: string;
  prep_minutes: number;
}

export interface OrderPickedUp extends EventBase<'order.picked_up'> {
  customer_id: string;
  restaurant_id: string;
  rider_id: string;
  waited_minutes: number;
}

export interface OrderDelivered extends EventBase<'order.delivered'> {
  customer_id: string;
  restaurant_id: string;
  rider_id: string;
  total_paise: number;
  minutes_since_placed: number;
}

export interface OrderCancelled extends EventBase<'order.cancelled'> {
  customer_id: string;
  restaurant_id: string;
  cancelled_by: CancelledBy;
  reason: CancelReason;
  refund_paise: number;
}

export interface DeliveryAssigned extends EventBase<'delivery.assigned'> {
  restaurant_id: string;
  rider_id: string;
  vehicle: Vehicle;
  pickup_distance_km: number;
  latitude: number;
  longitude: number;
}

export interface DeliveryCompleted extends EventBase<'delivery.completed'> {
  restaurant_id: string;
  rider_id: string;
  vehicle: Vehicle;
  distance_km: number;
  delivery_minutes: number;
  rating: number | null;
  tip_paise: number;
}

export interface RiderLocation extends EventBase<'rider.location'> {
  rider_id: string;
  vehicle: Vehicle;
  latitude: number;
  longitude: number;
  speed_kmh: number;
  heading_deg: number;
  leg: 'to_restaurant' | 'to_customer';
}

export type CityEvent =
  | OrderPlaced
  | OrderAccepted
  | OrderPrepared
  | OrderPickedUp
  | OrderDelivered
  | OrderCancelled
  | DeliveryAssigned
  | DeliveryCompleted
  | RiderLocation;

export type EventType = CityEvent['type'];
export type TableName = 'customers' | 'restaurants' | 'orders' | 'order_items';
